#include "librestore/image/image_io.h"

#include "librestore/image/image_stream.h"

namespace restore {
namespace {

Image rows_of(const Image& image, std::int64_t begin, std::int64_t end) {
  Image rows = image;
  rows.colour = image.colour.slice(2, begin, end);
  if (image.alpha.defined()) rows.alpha = image.alpha.slice(2, begin, end);
  return rows;
}

}  // namespace

Image load_image(const std::filesystem::path& path, const LoadOptions& options) {
  return ImageSource(path, options).whole();
}

void save_image(const Image& image, const std::filesystem::path& path, const SaveOptions& options) {
  ImageSink sink(image, path, options);
  constexpr std::int64_t kRows = 256;
  for (std::int64_t begin = 0; begin < image.height(); begin += kRows) {
    const std::int64_t end = std::min(begin + kRows, image.height());
    sink.put(rows_of(image, begin, end), begin, 0);
    sink.flush(end);
  }
  sink.commit();
}

}  // namespace restore
