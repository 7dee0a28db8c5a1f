#include "librestore/image/file_checks.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>

#include "librestore/core/error.h"
#include "librestore/image/byte_reader.h"
#include "librestore/image/png_chunks.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

bool is_frame_header(std::uint32_t marker) {
  // SOF0..SOF15 but DHT, JPG and DAC, which lie between them (ITU-T T.81, table B.1).
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// Walks the marker segments up to the frame header. A progressive JPEG's coefficients would be
// allocated as soon as the decoder opens it.
void check_jpeg(const fs::path& path, std::int64_t max_pixels) {
  ByteReader file(path, "JPEG");
  file.go_to(2);  // SOI
  for (;;) {
    if (file.number(1) != 0xFF) throw file.damaged("no marker where one must be");
    std::uint32_t marker = 0xFF;
    while (marker == 0xFF) marker = file.number(1);
    const std::int64_t start = file.position();
    const std::int64_t length = file.number(2);
    if (is_frame_header(marker)) {
      file.number(1);  // bits a sample
      const std::int64_t height = file.number(2);
      check_pixel_count(path, file.number(2), height, max_pixels);
      if (file.number(1) == 4) {
        throw item_error("{}: CMYK JPEG; convert it to RGB first, with its colour profile",
                         path.string());
      }
      return;
    }
    if (marker == 0xD9 || marker == 0xDA) throw file.damaged("no frame header");
    file.go_to(start + length);
  }
}

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
