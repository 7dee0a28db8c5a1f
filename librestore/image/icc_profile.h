// Colour profiles (ICC.1:2022) as picture files hold them, looked at before a decoder does:
// OpenImageIO 2.4 follows the offsets in a profile wherever they lead.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "librestore/image/file_checks.h"

namespace restore {

// What is wrong with the structure of a profile; empty when its header, its table of tags and all
// that a text tag refers to lie within it.
std::string flaw_of_profile(std::span<const std::uint8_t> profile);

// The profile in a PNG, JPEG, TIFF or WebP, empty without one. Throws an item error when it is
// damaged: without it the colours would be others.
std::vector<std::uint8_t> read_colour_profile(const std::filesystem::path& path,
                                              Container container);

}  // namespace restore
