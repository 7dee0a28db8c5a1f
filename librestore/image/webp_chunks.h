// The metadata chunks of a WebP.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace restore {

struct WebpChunks {
  std::vector<std::uint8_t> colour_profile;  // ICC
  std::vector<std::uint8_t> exif;
  std::vector<std::uint8_t> xmp;

  bool empty() const { return colour_profile.empty() && exif.empty() && xmp.empty(); }
};

// The ICC profile of the WebP `file`, empty without one.
std::vector<std::uint8_t> webp_colour_profile(std::span<const std::uint8_t> file);

// The WebP `file` with the chunks that are not empty.
std::vector<std::uint8_t> with_webp_chunks(std::span<const std::uint8_t> file,
                                           const WebpChunks& chunks);

}  // namespace restore
