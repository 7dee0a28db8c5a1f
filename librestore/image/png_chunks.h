// The chunks of a PNG (PNG specification, section 5): length, name, data, CRC.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace restore {

// The signature and IHDR, with its length, name and CRC.
constexpr std::size_t kPngHeadBytes = 8 + (8 + 13 + 4);
constexpr std::int64_t kLargestPngSide = 1'000'000;  // libpng's PNG_USER_WIDTH_MAX

// Throws an item error when the file ends before IEND, a checksum other than the pixels' is wrong,
// it is animated, or has more than `max_pixels`. libpng would find most of it as well, but says it
// on stderr, and drops a damaged colour profile without a word.
void check_png(const std::filesystem::path& path, std::int64_t max_pixels);

// The rest, which takes as long as reading the picture: throws when a checksum of the pixels is
// wrong, or they cannot be unpacked.
void check_png_pixels(const std::filesystem::path& path);

// The chunks that say how colours are to be shown, text and the time of the last change, as they
// lie in the file; EXIF, XMP and IPTC are not among them.
std::vector<std::uint8_t> kept_png_chunks(const std::filesystem::path& path);

// The ICC profile, empty without one.
std::vector<std::uint8_t> png_colour_profile(const std::filesystem::path& path);

void append_png_chunk(std::vector<std::uint8_t>& chunks, std::string_view name,
                      std::span<const std::uint8_t> data);
void append_png_profile(std::vector<std::uint8_t>& chunks, std::span<const std::uint8_t> profile);
// XMP as the specification of XMP wants it, part 3, 1.1.5; IPTC as ImageMagick and exiftool do it.
void append_png_xmp(std::vector<std::uint8_t>& chunks, std::string_view packet);
void append_png_iptc(std::vector<std::uint8_t>& chunks, std::span<const std::uint8_t> block);

}  // namespace restore
