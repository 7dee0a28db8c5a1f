// The ICC profile of a TIFF (TIFF 6.0, section 2; BigTIFF likewise).
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace restore {

// Of the first picture in the file; empty without one. Throws an item error when the file ends
// before it does.
std::vector<std::uint8_t> tiff_colour_profile(const std::filesystem::path& path);

}  // namespace restore
