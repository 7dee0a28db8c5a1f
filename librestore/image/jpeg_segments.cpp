#include "librestore/image/jpeg_segments.h"

#include <functional>
#include <map>
#include <string_view>

#include "librestore/image/byte_reader.h"
#include "librestore/image/file_checks.h"

namespace restore {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t kApp2 = 0xE2, kStartOfScan = 0xDA, kEndOfImage = 0xD9;

bool is_frame_header(std::uint32_t marker) {
  // SOF0..SOF15 but DHT, JPG and DAC, which lie between them (ITU-T T.81, table B.1).
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// Calls `body(marker, length)` for each segment, the reader at its data of `length` bytes, until
// the first scan.
void for_each_segment(ByteReader& file,
                      const std::function<void(std::uint32_t, std::int64_t)>& body) {
  file.go_to(2);  // SOI
  for (;;) {
    if (file.number(1) != 0xFF) throw file.damaged("no marker where one must be");
    std::uint32_t marker = 0xFF;
    while (marker == 0xFF) marker = file.number(1);
    if (marker == kStartOfScan || marker == kEndOfImage) return;
    const std::int64_t start = file.position();
    const std::int64_t length = file.number(2);
    if (length < 2) throw file.damaged("a segment without a length");
    body(marker, length - 2);
    file.go_to(start + length);
  }
}

}  // namespace

void check_jpeg(const std::filesystem::path& path, std::int64_t max_pixels) {
  ByteReader file(path, "JPEG");
  bool has_frame = false;
  for_each_segment(file, [&](std::uint32_t marker, std::int64_t) {
    if (!is_frame_header(marker)) return;
    has_frame = true;
    file.number(1);  // bits a sample
    const std::int64_t height = file.number(2);
    check_pixel_count(path, file.number(2), height, max_pixels);
    if (file.number(1) == 4) {
      throw item_error("{}: CMYK JPEG; convert it to RGB first, with its colour profile",
                       path.string());
    }
  });
  if (!has_frame) throw file.damaged("no frame header");
}

std::vector<std::uint8_t> jpeg_head(const std::filesystem::path& path) {
  ByteReader file(path, "JPEG");
  for_each_segment(file, [](std::uint32_t, std::int64_t) {});
  const std::int64_t size = file.position();
  file.go_to(0);
  return file.bytes(size);
}

std::vector<std::uint8_t> jpeg_colour_profile(const std::filesystem::path& path) {
  constexpr auto kName = "ICC_PROFILE\0"sv;
  ByteReader file(path, "JPEG");
  std::map<std::uint32_t, std::vector<std::uint8_t>> parts;
  std::uint32_t count = 0;
  for_each_segment(file, [&](std::uint32_t marker, std::int64_t length) {
    if (marker != kApp2 || length < static_cast<std::int64_t>(kName.size()) + 2) return;
    const auto name = file.bytes(kName.size());
    if (!std::equal(kName.begin(), kName.end(), name.begin())) return;
    const std::uint32_t part = file.number(1);
    count = file.number(1);
    parts[part] = file.bytes(length - static_cast<std::int64_t>(kName.size()) - 2);
  });
  std::vector<std::uint8_t> profile;
  for (std::uint32_t part = 1; part <= count; ++part) {
    if (!parts.contains(part))
      throw file.damaged(
          fmt::format("part {} of {} of its colour profile is missing", part, count));
    profile.insert(profile.end(), parts[part].begin(), parts[part].end());
  }
  if (profile.empty() && !parts.empty()) throw file.damaged("its colour profile has no data");
  return profile;
}

}  // namespace restore
