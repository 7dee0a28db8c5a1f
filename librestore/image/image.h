// A picture and everything that must survive its restoration.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <torch/types.h>

namespace restore {

// How a channel value is stored in the file. Palettes and 1/2/4-bit greys load as uint8.
enum class SampleType { uint8, uint16, half, float32 };

// Opaque: ICC profile, EXIF, XMP, IPTC, resolution and format attributes of the source file.
struct Metadata;

// Pixels are upright (EXIF orientation applied) and as encoded in the file: integer samples are
// divided by their maximum, float samples are taken as they are, values above 1 included. The
// float32 value determines the stored sample of every SampleType exactly, so an untouched pixel is
// saved bit for bit.
struct Image {
  torch::Tensor colour;  // 1 x C x H x W, float32, C = 1 (grey) or 3 (RGB)
  torch::Tensor alpha;   // 1 x 1 x H x W, float32; undefined without alpha
  SampleType sample_type = SampleType::uint8;
  bool alpha_is_associated = false;          // colour is premultiplied, as stored in the file
  std::shared_ptr<const Metadata> metadata;  // null for a picture that was made, not loaded

  std::int64_t height() const { return colour.size(2); }
  std::int64_t width() const { return colour.size(3); }
  std::int64_t channels() const { return colour.size(1); }
};

// Item error that says how many samples are NaN or infinite, and where the first one is; (x0, y0):
// of the upper left corner of `image` in the picture.
void check_finite(const Image& image, const std::filesystem::path& path, const char* advice,
                  std::int64_t y0 = 0, std::int64_t x0 = 0);

}  // namespace restore
