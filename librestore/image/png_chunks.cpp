#include "librestore/image/png_chunks.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include <zlib.h>

#include "librestore/image/byte_reader.h"
#include "librestore/image/file_checks.h"

namespace restore {
namespace {

constexpr std::int64_t kSignatureBytes = 8;
constexpr std::int64_t kNameBytes = 4;
constexpr std::size_t kLargestProfile = 64 << 20;  // a few bytes can unpack to gigabytes

// ASCII alone, whatever the locale.
bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// Calls `body(name, length)` for each chunk, the reader at its data, until IEND.
void for_each_chunk(ByteReader& file,
                    const std::function<void(const std::string&, std::int64_t)>& body) {
  std::int64_t position = kSignatureBytes;
  for (;;) {
    file.go_to(position);
    const std::int64_t length = file.number(4);
    const auto letters = file.bytes(4);
    const std::string name(letters.begin(), letters.end());
    if (!std::all_of(name.begin(), name.end(), is_letter))
      throw file.damaged("a chunk without a name");
    body(name, length);
    position += 12 + length;
    file.go_to(position);
    if (name == "IEND") return;
  }
}

bool is_text(const std::string& name) { return name == "tEXt" || name == "zTXt" || name == "iTXt"; }

bool is_colour_or_time(const std::string& name) {
  static const std::set<std::string> kKept{"gAMA", "cHRM", "sRGB", "cICP", "mDCV",
                                           "cLLI", "mDCv", "cLLi", "tIME"};
  return kKept.contains(name);
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

// PNG specification, 5.5: of a chunk's name and data.
std::uint32_t crc_of(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

// A zlib stream that comes in parts.
class Inflater {
 public:
  Inflater() { inflateInit(&stream_); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Takes the next part of the stream and puts what comes out of it into `out` until one of them is
  // used up; how much came out.
  std::size_t inflate_into(std::span<const std::uint8_t>& part, std::span<std::uint8_t> out) {
    stream_.next_in = const_cast<Bytef*>(part.data());
    stream_.avail_in = static_cast<uInt>(part.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    ended_ = ended_ || result == Z_STREAM_END;
    failed_ = failed_ || (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR);
    part = part.last(stream_.avail_in);
    return out.size() - stream_.avail_out;
  }
  bool ended() const { return ended_; }
  bool failed() const { return failed_; }

 private:
  z_stream stream_{};
  bool ended_ = false, failed_ = false;
};

// Goes through the pixels without keeping them.
void skim(Inflater& pixels, std::span<const std::uint8_t> part) {
  std::array<std::uint8_t, 1 << 16> scratch;
  while (!pixels.ended() && !pixels.failed() &&
         (pixels.inflate_into(part, scratch) > 0 || !part.empty())) {
  }
}

// The chunk's name and data, the reader at the data.
std::vector<std::uint8_t> checked_chunk(ByteReader& file, const std::string& name,
                                        std::int64_t length) {
  file.go_to(file.position() - kNameBytes);
  auto chunk = file.bytes(kNameBytes + length);
  if (file.number(4) != crc_of(chunk))
    throw file.damaged(fmt::format("the checksum of its chunk {} is wrong", name));
  return chunk;
}

void append_text(std::vector<std::uint8_t>& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

}  // namespace

void check_png(const std::filesystem::path& path, std::int64_t max_pixels) {
  ByteReader file(path, "PNG");
  bool first = true;
  std::int64_t width = 0, height = 0;
  for_each_chunk(file, [&](const std::string& name, std::int64_t length) {
    if ((name == "IHDR") != std::exchange(first, false))
      throw file.damaged("its first chunk, and no other, must be the header");
    if (name == "IDAT") return;
    const std::int64_t start = file.position();
    if (name == "IHDR") {
      width = file.number(4);
      height = file.number(4);
      check_pixel_count(path, width, height, max_pixels);
    }
    if (name == "acTL" && file.number(4) > 1) {
      throw item_error("{}: animated PNG; save the frame to restore as a still picture",
                       path.string());
    }
    file.go_to(start);
    checked_chunk(file, name, length);
  });
  if (std::max(width, height) > kLargestPngSide)
    throw item_error("{}: {} x {} pixels; libpng reads up to {} a side, save it as TIFF",
                     path.string(), width, height, kLargestPngSide);
}

void check_png_pixels(const std::filesystem::path& path) {
  ByteReader file(path, "PNG");
  Inflater pixels;
  for_each_chunk(file, [&](const std::string& name, std::int64_t length) {
    if (name != "IDAT") return;
    const auto chunk = checked_chunk(file, name, length);
    skim(pixels, std::span(chunk).subspan(kNameBytes));
  });
  if (pixels.failed() || !pixels.ended())
    throw file.damaged("its compressed pixels cannot be unpacked");
}

std::vector<std::uint8_t> png_colour_profile(const std::filesystem::path& path) {
  ByteReader file(path, "PNG");
  std::vector<std::uint8_t> profile;
  for_each_chunk(file, [&](const std::string& name, std::int64_t length) {
    if (name != "iCCP") return;
    // PNG specification, 11.3.2.3: a name, zero, the method of compression (0), a zlib stream.
    const auto data = file.bytes(length);
    const auto zero = std::find(data.begin(), data.end(), std::uint8_t{0});
    if (data.end() - zero < 2) throw file.damaged("its colour profile has no data");
    std::span<const std::uint8_t> packed(zero + 2, data.end());
    Inflater stream;
    std::array<std::uint8_t, 1 << 16> part;
    while (!stream.ended()) {
      const auto size = stream.inflate_into(packed, part);
      profile.insert(profile.end(), part.begin(), part.begin() + size);
      if (stream.failed() || (size == 0 && packed.empty() && !stream.ended()) ||
          profile.size() > kLargestProfile)
        throw file.damaged("its colour profile cannot be unpacked");
    }
  });
  return profile;
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

void append_png_profile(std::vector<std::uint8_t>& chunks, std::span<const std::uint8_t> profile) {
  using namespace std::string_view_literals;
  std::vector<std::uint8_t> data;
  append_text(data, "ICC profile\0\0"sv);
  const std::size_t start = data.size();
  uLongf size = compressBound(profile.size());
  data.resize(start + size);
  compress(data.data() + start, &size, profile.data(), profile.size());
  data.resize(start + size);
  append_png_chunk(chunks, "iCCP", data);
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

}  // namespace restore
