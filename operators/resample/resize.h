// Resampling matrices of one axis by any real factor s >= 1, phase-aligned as image tools do it:
// the frame of the small picture is the frame of the large one, so sample i lies at (i + 1/2) s -
// 1/2 of the large axis.
//
// Antialiased as Pillow's BICUBIC, LANCZOS and BOX (Image.resize, Image.reduce): the filter is
// stretched by the factor, cut off at the frame and normalised to a sum of 1 at every sample, so a
// constant stays a constant. OpenImageIO's resize with the filters "keys" (the same cubic) and
// "lanczos3" differs at the frame alone, where it continues the picture by its edge pixels.
#pragma once

#include "operators/numeric/banded_matrix.h"

namespace restore {

enum class ResizeFilter {
  bicubic,  // Keys's cubic (operators/numeric/keys_cubic.h)
  area,     // the mean over a length of s pixels, pixels at its ends counted in part
  lanczos,  // sinc(t) sinc(t / 3), |t| < 3
  point,    // Keys's cubic, not stretched: interpolation, for what has been filtered before
};

// floor(n / s) samples of n pixels, 1 <= s <= n. A remainder at the end is seen through the reach
// of the filter alone.
std::int64_t samples_of(std::int64_t n, double factor);
// The smallest n of which `samples` are taken in full: ceil(samples s).
std::int64_t pixels_of(std::int64_t samples, double factor);

BandedMatrix downsampling(std::int64_t n, double factor, ResizeFilter filter);
// n -> floor(n s) samples, not stretched: Pillow's BICUBIC for enlarging.
BandedMatrix bicubic_upsampling(std::int64_t n, double factor);

}  // namespace restore
