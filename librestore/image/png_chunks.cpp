#include "librestore/image/png_chunks.h"

#include <array>
#include <functional>
#include <string>

#include "librestore/image/byte_reader.h"
#include "librestore/image/file_checks.h"

namespace restore {
namespace {

constexpr std::int64_t kSignatureBytes = 8;
constexpr std::int64_t kHeaderBytes = 8 + 13 + 4;  // IHDR with its length, name and CRC

// Calls `body(name, length)` for each chunk, the reader at its data, until IEND.
void for_each_chunk(ByteReader& file,
                    const std::function<void(const std::string&, std::int64_t)>& body) {
  std::int64_t position = kSignatureBytes;
  for (;;) {
    file.go_to(position);
    const std::int64_t length = file.number(4);
    const auto letters = file.bytes(4);
    const std::string name(letters.begin(), letters.end());
    body(name, length);
    position += 12 + length;
    file.go_to(position);
    if (name == "IEND") return;
  }
}

bool is_text(const std::string& name) { return name == "tEXt" || name == "zTXt" || name == "iTXt"; }

bool is_colour_or_time(const std::string& name) {
  return name == "gAMA" || name == "cHRM" || name == "sRGB" || name == "tIME";
}

// Text that holds EXIF, IPTC or XMP, all of them carried by Exiv2.
bool is_wrapped_metadata(const std::vector<std::uint8_t>& text) {
  const std::string_view keyword(reinterpret_cast<const char*>(text.data()), text.size());
  return keyword.starts_with("Raw profile type ") || keyword.starts_with("XML:com.adobe.xmp");
}

void append_number(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

// PNG specification, annex D: CRC-32 of ISO 3309.
std::uint32_t crc_of(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

void append_text(std::vector<std::uint8_t>& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

}  // namespace

void check_png(const std::filesystem::path& path, std::int64_t max_pixels) {
  ByteReader file(path, "PNG");
  for_each_chunk(file, [&](const std::string& name, std::int64_t) {
    if (name == "IHDR") {
      const std::int64_t width = file.number(4);
      check_pixel_count(path, width, file.number(4), max_pixels);
    }
    if (name == "acTL" && file.number(4) > 1) {
      throw item_error("{}: animated PNG; save the frame to restore as a still picture",
                       path.string());
    }
  });
}

std::vector<std::uint8_t> kept_png_chunks(const std::filesystem::path& path) {
  ByteReader file(path, "PNG");
  std::vector<std::uint8_t> kept;
  for_each_chunk(file, [&](const std::string& name, std::int64_t length) {
    if (!is_text(name) && !is_colour_or_time(name)) return;
    const auto data = file.bytes(length);
    if (!is_text(name) || !is_wrapped_metadata(data)) append_png_chunk(kept, name, data);
  });
  return kept;
}

void append_png_chunk(std::vector<std::uint8_t>& chunks, std::string_view name,
                      std::span<const std::uint8_t> data) {
  append_number(chunks, static_cast<std::uint32_t>(data.size()));
  const std::size_t start = chunks.size();
  append_text(chunks, name);
  chunks.insert(chunks.end(), data.begin(), data.end());
  append_number(chunks, crc_of(std::span(chunks).subspan(start)));
}

void append_png_xmp(std::vector<std::uint8_t>& chunks, std::string_view packet) {
  using namespace std::string_view_literals;
  std::vector<std::uint8_t> data;
  // Keyword, not compressed, no language, no translated keyword.
  append_text(data, "XML:com.adobe.xmp\0\0\0\0\0"sv);
  append_text(data, packet);
  append_png_chunk(chunks, "iTXt", data);
}

void append_png_iptc(std::vector<std::uint8_t>& chunks, std::span<const std::uint8_t> block) {
  using namespace std::string_view_literals;
  std::vector<std::uint8_t> data;
  append_text(data, "Raw profile type iptc\0\niptc\n"sv);
  append_text(data, fmt::format("{:8}", block.size()));
  constexpr std::size_t kBytesInLine = 36;
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (i % kBytesInLine == 0) append_text(data, "\n");
    append_text(data, fmt::format("{:02x}", block[i]));
  }
  append_text(data, "\n");
  append_png_chunk(chunks, "tEXt", data);
}

std::vector<std::uint8_t> with_png_chunks(std::span<const std::uint8_t> file,
                                          std::span<const std::uint8_t> chunks) {
  const auto head = file.first(kSignatureBytes + kHeaderBytes);
  const auto tail = file.subspan(head.size());
  std::vector<std::uint8_t> result;
  result.reserve(file.size() + chunks.size());
  for (auto part : {head, chunks, tail}) result.insert(result.end(), part.begin(), part.end());
  return result;
}

}  // namespace restore
