#include "librestore/image/icc_profile.h"

#include <string_view>

#include "librestore/core/error.h"
#include "librestore/image/file_bytes.h"
#include "librestore/image/jpeg_segments.h"
#include "librestore/image/png_chunks.h"
#include "librestore/image/tiff_profile.h"
#include "librestore/image/webp_chunks.h"

namespace restore {
namespace {

using ByteView = std::span<const std::uint8_t>;

constexpr std::size_t kHeader = 128;                // 7.2
constexpr std::size_t kTableRow = 12;               // 7.3: signature, offset, size
constexpr std::size_t kTypeHeader = 8;              // 10: signature, zero
constexpr std::size_t kRecords = 16, kRecord = 12;  // 10.15: of the multi-localized Unicode type

bool has(ByteView bytes, std::uint64_t offset, std::uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

std::uint64_t number(ByteView bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

std::string_view signature(ByteView bytes, std::size_t at) {
  return {reinterpret_cast<const char*>(bytes.data()) + at, 4};
}

// `tag` begins at the type's signature.
bool text_lies_within(ByteView tag) {
  const auto type = signature(tag, 0);
  if (type == "desc") return has(tag, kTypeHeader, 4) && has(tag, 12, number(tag, 8));
  if (type != "mluc") return true;
  if (!has(tag, 0, kRecords) || number(tag, 12) != kRecord) return false;
  const std::uint64_t count = number(tag, 8);
  if (!has(tag, kRecords, count * kRecord)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t record = kRecords + i * kRecord;  // language, country, length, offset
    if (!has(tag, number(tag, record + 8), number(tag, record + 4))) return false;
  }
  return true;
}

// Tags are named by four letters; damaged ones by anything.
std::string printable(std::string_view name) {
  std::string text;
  for (const char c : name) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

}  // namespace

std::string flaw_of_profile(ByteView profile) {
  if (!has(profile, kHeader, 4)) return fmt::format("{} bytes are too few", profile.size());
  if (signature(profile, 36) != "acsp") return "its signature is missing";
  const std::uint64_t size = number(profile, 0);
  if (size > profile.size()) return fmt::format("{} of {} bytes are there", profile.size(), size);
  const std::uint64_t count = number(profile, kHeader);
  if (!has(profile, kHeader + 4, count * kTableRow)) return "its table of tags has no end";
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = kHeader + 4 + i * kTableRow;
    const std::uint64_t offset = number(profile, row + 4), length = number(profile, row + 8);
    if (length < kTypeHeader || !has(profile, offset, length) ||
        !text_lies_within(profile.subspan(offset, length)))
      return fmt::format("its tag '{}' reaches past its end", printable(signature(profile, row)));
  }
  return {};
}

std::vector<std::uint8_t> read_colour_profile(const std::filesystem::path& path,
                                              Container container) {
  std::vector<std::uint8_t> profile;
  if (container == Container::png) profile = png_colour_profile(path);
  if (container == Container::jpeg) profile = jpeg_colour_profile(path);
  if (container == Container::tiff) profile = tiff_colour_profile(path);
  if (container == Container::webp) profile = webp_colour_profile(read_file(path));
  const std::string flaw = profile.empty() ? "" : flaw_of_profile(profile);
  if (!flaw.empty())
    throw item_error("{}: damaged colour profile: {}; exiftool -icc_profile:all= removes it",
                     path.string(), flaw);
  return profile;
}

}  // namespace restore
