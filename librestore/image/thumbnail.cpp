#include "librestore/image/thumbnail.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <OpenImageIO/filesystem.h>
#include <OpenImageIO/strutil.h>

#include "librestore/core/error.h"
#include "librestore/image/image_stream.h"
#include "librestore/image/oiio_common.h"

namespace restore {
namespace {

constexpr const char* kCompression = "jpeg:85";

// h x w
std::array<std::int64_t, 2> reduced_size(std::int64_t height, std::int64_t width,
                                         std::int64_t side) {
  const auto longer = std::max(height, width);
  if (longer <= side) return {height, width};
  const auto part = [&](std::int64_t length) {
    const auto exact = static_cast<double>(length * side) / static_cast<double>(longer);
    return std::max<std::int64_t>(std::llround(exact), 1);
  };
  return {part(height), part(width)};
}

torch::Tensor over_white(const Image& picture) {
  const auto& [colour, alpha] = std::tie(picture.colour, picture.alpha);
  if (!alpha.defined()) return colour;
  return (picture.alpha_is_associated ? colour : colour * alpha) + (1 - alpha);
}

}  // namespace

torch::Tensor reduced(const torch::Tensor& x, std::int64_t side) {
  return torch::adaptive_avg_pool2d(x, reduced_size(x.size(2), x.size(3), side));
}

torch::Tensor reduced(const Image& picture, std::int64_t side) {
  return reduced(over_white(picture), side);
}

torch::Tensor load_reduced(const std::filesystem::path& path, std::int64_t side,
                           const LoadOptions& options) {
  ImageSource source(path, options);
  if (!source.is_upright()) return reduced(source.whole(), side);
  const auto H = source.height(), W = source.width();
  const auto [h, w] = reduced_size(H, W, side);
  std::vector<torch::Tensor> rows;
  for (std::int64_t i = 0; i < h; ++i) {
    // As adaptive_avg_pool2d divides: from floor(i H / h) to ceil((i + 1) H / h)
    const auto begin = i * H / h, end = ((i + 1) * H + h - 1) / h;
    source.advance(begin, end);
    const auto band = over_white(source.window(begin, 0, end - begin, W));
    rows.push_back(torch::adaptive_avg_pool2d(band, {1, w}));
  }
  return torch::cat(rows, 2);
}

std::string jpeg_url(const torch::Tensor& picture) {
  set_up_oiio();
  const auto samples =
      (picture[0].clamp(0, 1) * 255).round().to(torch::kUInt8).permute({1, 2, 0}).contiguous();
  OIIO::ImageSpec spec(static_cast<int>(samples.size(1)), static_cast<int>(samples.size(0)),
                       static_cast<int>(samples.size(2)), OIIO::TypeDesc::UINT8);
  spec.attribute("compression", kCompression);
  std::vector<unsigned char> bytes;
  OIIO::Filesystem::IOVecOutput memory(bytes);
  const auto output = OIIO::ImageOutput::create("jpeg");
  if (!output || !output->set_ioproxy(&memory) || !output->open("thumbnail.jpg", spec) ||
      !output->write_image(OIIO::TypeDesc::UINT8, samples.data_ptr()) || !output->close())
    throw item_error("no JPEG of a thumbnail: {}", output ? output->geterror() : OIIO::geterror());
  const std::string_view written(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return "data:image/jpeg;base64," +
         OIIO::Strutil::base64_encode(OIIO::string_view(written.data(), written.size()));
}

}  // namespace restore
