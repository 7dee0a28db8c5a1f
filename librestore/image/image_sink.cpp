#include "librestore/core/error.h"
#include "librestore/image/embed.h"
#include "librestore/image/formats.h"
#include "librestore/image/image_stream.h"
#include "librestore/image/picture_file.h"
#include "librestore/image/row_buffer.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

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
void check_opaque(const torch::Tensor& alpha, const Format& format, const fs::path& path) {
  if (alpha.eq(1).all().item<bool>()) return;
  throw item_error("{}: {} has no transparency, this picture does; choose PNG, TIFF, WebP or EXR",
                   path.string(), format.name);
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
  layout.has_alpha = image.alpha.defined() && format.alpha != AlphaKind::none;
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

}  // namespace

void check_output_size(const fs::path& path, std::int64_t height, std::int64_t width) {
  const auto& format = format_of(path);
  if (format.largest_side > 0 && std::max(width, height) > format.largest_side) {
    throw item_error("{}: {} x {} pixels; {} ends at {} a side, choose another format",
                     path.string(), width, height, format.name, format.largest_side);
  }
}

struct ImageSink::State {
  State(const Image& like, const fs::path& path, const SaveOptions& options)
      : metadata(metadata_for(like, options)),
        request(request_for(like, metadata, format_of(path), path)),
        file(path.string()),
        if_exists(options.if_exists),
        rows(request.layout.row_bytes()) {
    request.quality = options.jpeg_quality;
    request.path = file.path();
    writer = create_picture(request);
  }

  Metadata metadata;
  WriteRequest request;
  TemporaryFile file;
  const IfExists if_exists;
  RowBuffer rows;
  std::int64_t written = 0;
  std::unique_ptr<PictureWriter> writer;  // destroyed before its file
};

ImageSink::ImageSink(const Image& like, const fs::path& path, const SaveOptions& options) {
  check_output_size(path, like.height(), like.width());
  state_ = std::make_unique<State>(like, path, options);
}
ImageSink::~ImageSink() = default;

void ImageSink::put(const Image& original, std::int64_t y0, std::int64_t x0) {
  const Image part = with_contiguous_floats(original);
  const WriteRequest& request = state_->request;
  check_finite(part, request.shown, "nothing was written", y0, x0);
  if (part.alpha.defined() && !request.layout.has_alpha)
    check_opaque(part.alpha, *request.format, request.shown);
  RowBuffer& rows = state_->rows;
  rows.slide(state_->written, std::max(rows.end(), y0 + part.height()));
  rows.extend(y0 + part.height());
  SampleLayout layout = request.layout;
  const std::size_t offset = x0 * layout.channels * bytes_of(layout.type);
  layout.width = part.width();
  const Planes planes = planes_of(part.colour, layout.has_alpha ? part.alpha : torch::Tensor(),
                                  layout.colour_channels());
  for (std::int64_t y = 0; y < part.height(); ++y)
    pack_rows(planes, layout, conversion_for(part, request), y, y + 1, rows.row(y0 + y) + offset);
}

void ImageSink::flush(std::int64_t end) {
  constexpr std::int64_t kBlock = 256;  // whole blocks of every EXR compression
  const bool last = end == state_->request.layout.height;
  const std::int64_t to = last ? end : end / kBlock * kBlock;
  if (to <= state_->written) return;
  state_->writer->write_rows(state_->written, to, state_->rows.row(state_->written));
  state_->written = to;
}

void ImageSink::commit() {
  state_->writer->finish();
  embed_tags(state_->request);
  state_->file.commit(state_->if_exists);
}

}  // namespace restore
