// What is found out about a picture file before a decoder sees it: that it is there, which
// container it is, that it is whole and not too large. Decoders fill the missing part of a
// truncated file with grey, print to stderr, or allocate first and look later.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace restore {

enum class Container { png, jpeg, webp, tiff, exr, other };

const char* name_of(Container container);

// Throws an item error when the file is missing, a folder, unreadable or empty, when a PNG or JPEG
// ends too early, is animated, CMYK, or has more than `max_pixels`.
Container check_picture_file(const std::filesystem::path& path, std::int64_t max_pixels);

// Throws an item error for no pixels or more than `max_pixels`.
void check_pixel_count(const std::filesystem::path& path, std::int64_t width, std::int64_t height,
                       std::int64_t max_pixels);

}  // namespace restore
