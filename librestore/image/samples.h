// Rows of interleaved samples, as files hold them, to and from the planar floats of an Image.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "librestore/image/image.h"

namespace restore {

// What a row of a file holds: `channels` samples a pixel, colour first, alpha last.
struct SampleLayout {
  std::int64_t width = 0;
  std::int64_t height = 0;
  int channels = 0;
  bool has_alpha = false;
  SampleType type = SampleType::uint8;

  int colour_channels() const { return channels - (has_alpha ? 1 : 0); }
  std::size_t row_bytes() const;
};

std::size_t bytes_of(SampleType type);

// Where the pixel (x, y) of the file lies in the upright picture: origin + x * step_x + y * step_y.
// `orientation` is EXIF's tag 274, 1..8 (Exif 2.32, table 6).
struct Placement {
  std::int64_t width = 0;  // of the upright picture
  std::int64_t height = 0;
  std::int64_t origin = 0;
  std::int64_t step_x = 0;
  std::int64_t step_y = 0;

  static Placement upright(int orientation, std::int64_t width, std::int64_t height);
};

// One pointer a channel of the layout, height x width floats each.
using Planes = std::array<float*, 4>;

// Those of a picture: 1 x C x H x W colour, alpha after it where it is defined. A grey picture
// repeats its plane in a format that knows only RGB.
Planes planes_of(const torch::Tensor& colour, const torch::Tensor& alpha, int colour_channels);

// Writes the file's rows [begin, end) to their upright places: integers divided by their maximum,
// floats as they are.
void unpack_rows(const void* rows, const SampleLayout& layout, const Placement& placement,
                 std::int64_t begin, std::int64_t end, const Planes& planes);

// How colour and alpha of the picture relate to those of the file.
enum class AlphaConversion {
  none,
  associate,   // multiply colour by alpha
  dissociate,  // divide colour by alpha where alpha is not zero
};

// The rows [begin, end) of an upright picture as the file wants them: integers clamped to [0, 1]
// and rounded to the nearest, halves clamped to the largest finite one. NaN must not occur.
void pack_rows(const Planes& planes, const SampleLayout& layout, AlphaConversion conversion,
               std::int64_t begin, std::int64_t end, void* rows);

}  // namespace restore
