#include "librestore/image/image_io.h"

#include <limits>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/image/embed.h"
#include "librestore/image/formats.h"
#include "librestore/image/picture_file.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

torch::Tensor planes_of(std::int64_t channels, const Placement& place) {
  return torch::empty({1, channels, place.height, place.width}, torch::kFloat32);
}

Planes pointers(const torch::Tensor& colour, const torch::Tensor& alpha, int colour_channels) {
  Planes planes{};
  const std::int64_t size = colour.size(2) * colour.size(3);
  for (int c = 0; c < colour_channels; ++c) {
    // A grey picture repeats its plane in a format that knows only RGB.
    planes[c] = colour.data_ptr<float>() + (colour.size(1) == 1 ? 0 : c * size);
  }
  if (alpha.defined()) planes[colour_channels] = alpha.data_ptr<float>();
  return planes;
}

struct Flaws {
  std::int64_t count = 0;
  std::int64_t first = -1;
};

Flaws not_finite(const torch::Tensor& samples) {
  Flaws flaws;
  const float* values = samples.data_ptr<float>();
  for (std::int64_t i = 0; i < samples.numel(); ++i) {
    flaws.count += std::abs(values[i]) <= std::numeric_limits<float>::max() ? 0 : 1;
  }
  while (flaws.count > 0 && std::isfinite(values[++flaws.first])) {
  }
  return flaws;
}

// Says how many samples are NaN or infinite, and where the first one is.
void check_finite(const Image& image, const fs::path& path, const char* advice) {
  for (const torch::Tensor& samples : {image.colour, image.alpha}) {
    if (!samples.defined()) continue;
    const Flaws flaws = not_finite(samples);
    if (flaws.count == 0) continue;
    const std::int64_t pixel = flaws.first % (image.height() * image.width());
    throw item_error("{}: {} samples are NaN or infinite, the first at x={} y={}; {}",
                     path.string(), flaws.count, pixel % image.width(), pixel / image.width(),
                     advice);
  }
}

Image with_contiguous_floats(const Image& image) {
  TORCH_CHECK(image.colour.dim() == 4 && image.colour.size(0) == 1 && image.colour.numel() > 0 &&
                  (image.channels() == 1 || image.channels() == 3),
              "colour is 1 x C x H x W with C = 1 or 3, not ", image.colour.sizes());
  Image result = image;
  const auto prepare = [](const torch::Tensor& samples) {
    return samples.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  };
  result.colour = prepare(image.colour);
  if (image.alpha.defined()) {
    TORCH_CHECK(image.alpha.sizes() == torch::IntArrayRef({1, 1, image.height(), image.width()}),
                "alpha is 1 x 1 x H x W, not ", image.alpha.sizes());
    result.alpha = prepare(image.alpha);
  }
  return result;
}

const Format& format_of(const fs::path& path) {
  if (const Format* format = format_for(path)) return *format;
  std::string known;
  for (const std::string& extension : image_extensions()) known += " " + extension;
  throw item_error("{}: cannot write pictures of this kind; the known extensions are{}",
                   path.string(), known);
}

// The alpha channel may only be left out where it says nothing.
bool writes_alpha(const Image& image, const Format& format, const fs::path& path) {
  if (!image.alpha.defined()) return false;
  if (format.alpha != AlphaKind::none) return true;
  if (!image.alpha.eq(1).all().item<bool>()) {
    throw item_error("{}: {} has no transparency, this picture does; choose PNG, TIFF, WebP or EXR",
                     path.string(), format.name);
  }
  return false;
}

Metadata metadata_for(const Image& image, const SaveOptions& options) {
  const Metadata source = image.metadata ? *image.metadata : Metadata();
  if (options.strip) return stripped(source);
  Metadata metadata = source;
  metadata.history = options.history;
  return metadata;
}

WriteRequest request_for(const Image& image, const Metadata& metadata, const Format& format,
                         const fs::path& path) {
  WriteRequest request;
  request.shown = path;
  request.format = &format;
  request.metadata = &metadata;
  SampleLayout& layout = request.layout;
  layout.width = image.width();
  layout.height = image.height();
  layout.type = nearest_sample_type(format, image.sample_type);
  layout.has_alpha = writes_alpha(image, format, path);
  const int colour_channels = image.channels() == 1 && format.grey ? 1 : 3;
  layout.channels = colour_channels + (layout.has_alpha ? 1 : 0);
  request.alpha_is_associated = format.alpha == AlphaKind::associated ||
                                (format.alpha == AlphaKind::either && image.alpha_is_associated);
  const auto pixel_bytes = static_cast<std::int64_t>(layout.row_bytes()) * layout.height;
  request.embeds_tags = embeds_tags(metadata, format, pixel_bytes);
  return request;
}

AlphaConversion conversion_for(const Image& image, const WriteRequest& request) {
  if (!request.layout.has_alpha || image.alpha_is_associated == request.alpha_is_associated) {
    return AlphaConversion::none;
  }
  return request.alpha_is_associated ? AlphaConversion::associate : AlphaConversion::dissociate;
}

void write_pixels(const Image& image, const WriteRequest& request) {
  const SampleLayout& layout = request.layout;
  const auto writer = create_picture(request);
  const Planes planes = pointers(image.colour, layout.has_alpha ? image.alpha : torch::Tensor(),
                                 layout.colour_channels());
  constexpr std::int64_t kRows = 256;  // whole blocks of every EXR compression
  const auto rows = std::make_unique_for_overwrite<std::byte[]>(layout.row_bytes() * kRows);
  for (std::int64_t begin = 0; begin < layout.height; begin += kRows) {
    const std::int64_t end = std::min(begin + kRows, layout.height);
    pack_rows(planes, layout, conversion_for(image, request), begin, end, rows.get());
    writer->write_rows(begin, end, rows.get());
  }
  writer->finish();
}

// A WebP's profile and resolution and a PNG's profile and text come the same way as the tags.
bool needs_embedding(const WriteRequest& request) {
  return request.embeds_tags || request.format->name == "png" || request.format->name == "webp";
}

void check_size(const Image& image, const Format& format, const fs::path& path) {
  if (format.largest_side > 0 && std::max(image.width(), image.height()) > format.largest_side) {
    throw item_error("{}: {} x {} pixels; {} ends at {} a side, choose another format",
                     path.string(), image.width(), image.height(), format.name,
                     format.largest_side);
  }
}

}  // namespace

Image load_image(const fs::path& path, const LoadOptions& options) {
  const auto reader = open_picture(path, options.max_pixels);
  const PictureHeader& header = reader->header();
  const SampleLayout& layout = header.layout;
  const Placement place = Placement::upright(header.orientation, layout.width, layout.height);
  Image image;
  image.colour = planes_of(layout.colour_channels(), place);
  if (layout.has_alpha) image.alpha = planes_of(1, place);
  image.sample_type = layout.type;
  image.alpha_is_associated = layout.has_alpha && header.alpha_is_associated;
  image.metadata = header.metadata;

  const Planes planes = pointers(image.colour, image.alpha, layout.colour_channels());
  const std::int64_t rows_at_once = reader->rows_at_once();
  const auto rows = std::make_unique_for_overwrite<std::byte[]>(layout.row_bytes() * rows_at_once);
  for (std::int64_t begin = 0; begin < layout.height; begin += rows_at_once) {
    const std::int64_t end = std::min(begin + rows_at_once, layout.height);
    reader->read_rows(begin, end, rows.get());
    unpack_rows(rows.get(), layout, place, begin, end, planes);
  }
  if (layout.type == SampleType::half || layout.type == SampleType::float32) {
    check_finite(image, path, "replace them first");
  }
  return image;
}

void save_image(const Image& original, const fs::path& path, const SaveOptions& options) {
  const Image image = with_contiguous_floats(original);
  const Format& format = format_of(path);
  check_size(image, format, path);
  check_finite(image, path, "nothing was written");
  const Metadata metadata = metadata_for(image, options);
  WriteRequest request = request_for(image, metadata, format, path);
  request.quality = options.jpeg_quality;
  TemporaryFile file(path.string());
  request.path = file.path();
  write_pixels(image, request);
  if (needs_embedding(request)) embed_metadata(request);
  file.commit();
}

}  // namespace restore
