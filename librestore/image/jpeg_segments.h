// The marker segments of a JPEG before its first scan (ITU-T T.81, annex B).
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace restore {

// Throws an item error when the file ends or makes no sense before its first scan, is CMYK, or has
// more than `max_pixels`.
void check_jpeg(const std::filesystem::path& path, std::int64_t max_pixels);

// The file up to its first scan, whose marker is the end.
std::vector<std::uint8_t> jpeg_head(const std::filesystem::path& path);

// The ICC profile, put together from its segments (ICC.1:2022, B.4); empty without one. Throws an
// item error when a part is missing.
std::vector<std::uint8_t> jpeg_colour_profile(const std::filesystem::path& path);

}  // namespace restore
