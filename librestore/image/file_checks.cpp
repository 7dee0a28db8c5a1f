#include "librestore/image/file_checks.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>

#include "librestore/core/error.h"
#include "librestore/image/jpeg_segments.h"
#include "librestore/image/png_chunks.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

Container container_of(const fs::path& path) {
  std::array<char, 12> bytes{};
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw file_error(path.string(), "cannot read", errno);
  stream.read(bytes.data(), bytes.size());
  const std::string_view magic(bytes.data(), bytes.size());
  if (magic.starts_with("\x89PNG\r\n\x1a\n"sv)) return Container::png;
  if (magic.starts_with("\xFF\xD8\xFF"sv)) return Container::jpeg;
  if (magic.starts_with("RIFF"sv) && magic.substr(8) == "WEBP"sv) return Container::webp;
  for (auto tiff : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
    if (magic.starts_with(tiff)) return Container::tiff;
  }
  if (magic.starts_with("\x76\x2F\x31\x01"sv)) return Container::exr;
  return Container::other;
}

}  // namespace

const char* name_of(Container container) {
  switch (container) {
    case Container::png:
      return "PNG";
    case Container::jpeg:
      return "JPEG";
    case Container::webp:
      return "WebP";
    case Container::tiff:
      return "TIFF";
    case Container::exr:
      return "EXR";
    case Container::other:
      return "picture";
  }
  return "";
}

Container check_picture_file(const fs::path& path, std::int64_t max_pixels) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    throw item_error("{}: no such file", path.string());
  }
  if (error) throw file_error(path.string(), "cannot read", error.value());
  if (fs::is_directory(status)) throw item_error("{}: a folder, not a picture", path.string());
  if (!fs::is_regular_file(status)) throw item_error("{}: not a regular file", path.string());
  if (fs::file_size(path) == 0) throw item_error("{}: empty file (0 bytes)", path.string());
  const Container container = container_of(path);
  if (container == Container::png) check_png(path, max_pixels);
  if (container == Container::jpeg) check_jpeg(path, max_pixels);
  return container;
}

void check_pixel_count(const fs::path& path, std::int64_t width, std::int64_t height,
                       std::int64_t max_pixels) {
  if (width <= 0 || height <= 0) {
    throw item_error("{}: a picture without pixels ({} x {})", path.string(), width, height);
  }
  if (width > max_pixels / height) {
    throw item_error("{}: {} x {} pixels are more than the {} allowed (--max-pixels)",
                     path.string(), width, height, max_pixels);
  }
}

}  // namespace restore
