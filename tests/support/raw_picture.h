// Picture files as the samples they store, read and written past the library's own code.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

#include "librestore/image/image.h"

namespace restore::testing {

// Samples in file order (rows, columns, channels); alpha is the last of 2 or 4 channels.
struct RawPicture {
  int width = 0, height = 0, channels = 0;
  SampleType type = SampleType::uint8;
  std::vector<std::byte> samples;

  std::size_t sample_size() const;
  // The bits of one sample.
  std::vector<std::byte> sample(int y, int x, int c) const;
  // Integers divided by their maximum, floats as they are.
  double value(int y, int x, int c) const;
  void set_value(int y, int x, int c, double value);
};

RawPicture make_raw(int width, int height, int channels, SampleType type);
// `value(y, x, c)` in every sample.
RawPicture make_raw(int width, int height, int channels, SampleType type,
                    const std::function<double(int, int, int)>& value);

// Both throw std::runtime_error. The format follows the extension; alpha is stored as it is.
RawPicture read_raw(const std::filesystem::path& path);
void write_raw(const std::filesystem::path& path, const RawPicture& picture);

// Something like a photograph: shading, edges, texture; values in [0.05, 0.95]; alpha varies too.
RawPicture example_picture(int width = 96, int height = 80, int channels = 3,
                           SampleType type = SampleType::uint8);
// Grey, 1 where `is_hole(y, x)`.
RawPicture example_mask(int width, int height, const std::function<bool(int, int)>& is_hole);
RawPicture crop(const RawPicture& picture, int left, int top, int width, int height);

// In dB over all channels but alpha, values clipped to [0,1].
double psnr_between(const RawPicture& reference, const RawPicture& picture);

}  // namespace restore::testing
