#include "librestore/image/formats.h"

#include <algorithm>
#include <cctype>

#include "librestore/image/image_io.h"
#include "librestore/image/metadata.h"
#include "librestore/image/png_chunks.h"

namespace restore {
namespace {

const std::vector<Format>& formats() {
  using enum SampleType;
  static const std::vector<Format> kFormats = {
      {.name = "png",
       .extensions = {".png"},
       .sample_types = {uint8, uint16},
       .alpha = AlphaKind::unassociated,
       .tags = true,
       .largest_side = kLargestPngSide},
      {.name = "jpeg",
       .extensions = {".jpg", ".jpeg", ".jpe"},
       .sample_types = {uint8},
       .tags = true,
       .largest_side = 65500},  // libjpeg's JPEG_MAX_DIMENSION
      {.name = "tiff",
       .extensions = {".tif", ".tiff"},
       .sample_types = {uint8, uint16, float32},  // half: few programs read it
       .alpha = AlphaKind::either,
       .tags = true},
      {.name = "webp",
       .extensions = {".webp"},
       .sample_types = {uint8},
       .alpha = AlphaKind::unassociated,
       .grey = false,
       .tags = true,
       .largest_side = 16383},  // WEBP_MAX_DIMENSION
      {.name = "openexr",
       .extensions = {".exr"},
       .sample_types = {half, float32},
       .alpha = AlphaKind::associated},
      {.name = "bmp", .extensions = {".bmp"}, .sample_types = {uint8}},
      {.name = "pnm", .extensions = {".ppm", ".pgm", ".pnm"}, .sample_types = {uint8}},
  };
  return kFormats;
}

// What a sample type may become, the nearest first: never fewer bits while more are to be had.
std::vector<SampleType> preferences(SampleType type) {
  using enum SampleType;
  switch (type) {
    case uint8:
      return {uint8, half};
    case uint16:
      return {uint16, float32, uint8};
    case half:
      return {half, float32, uint16, uint8};
    case float32:
      return {float32, uint16, uint8};
  }
  return {};
}

std::string lower_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

}  // namespace

const Format* format_for(const std::filesystem::path& path) {
  const std::string extension = lower_extension(path);
  for (const Format& format : formats()) {
    const auto& known = format.extensions;
    if (std::find(known.begin(), known.end(), extension) != known.end()) return &format;
  }
  return nullptr;
}

SampleType nearest_sample_type(const Format& format, SampleType type) {
  const auto& held = format.sample_types;
  for (SampleType candidate : preferences(type)) {
    if (std::find(held.begin(), held.end(), candidate) != held.end()) return candidate;
  }
  return held.front();
}

bool is_lossy(const Image& picture) { return picture.metadata && picture.metadata->lossy; }

bool is_float(SampleType type) { return type == SampleType::half || type == SampleType::float32; }

bool holds_floats(const Format& format) {
  const auto& types = format.sample_types;
  return std::any_of(types.begin(), types.end(), is_float);
}

const std::vector<std::string>& image_extensions() {
  static const std::vector<std::string> kExtensions = [] {
    std::vector<std::string> all;
    for (const Format& format : formats()) {
      all.insert(all.end(), format.extensions.begin(), format.extensions.end());
    }
    return all;
  }();
  return kExtensions;
}

bool is_image_path(const std::filesystem::path& path) { return format_for(path) != nullptr; }

}  // namespace restore
