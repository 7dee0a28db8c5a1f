// Resampling matrices of one axis, phase-aligned as image tools do it: the frame of the small picture
// is the frame of the large one, so sample i lies at (i + 1/2) s - 1/2 of the large axis.
//
// Antialiased as Pillow's BICUBIC and BOX (Image.resize, Image.reduce): the filter is stretched by the
// factor, cut off at the frame and normalised to a sum of 1 at every sample, so a constant stays a
// constant. OpenImageIO's resize with the filter "keys" (the same cubic) differs at the frame
// alone, where it continues the picture by its edge pixels.
#pragma once

#include "operators/numeric/banded_matrix.h"

namespace restore {

// The cubic of Keys 1981, "Cubic convolution interpolation for digital image processing",
// https://doi.org/10.1109/TASSP.1981.1163711, with a = -1/2:
//   (a+2)|t|^3 - (a+3) t^2 + 1 for |t| <= 1;  a|t|^3 - 5a t^2 + 8a|t| - 4a for 1 < |t| < 2.
double keys_cubic(double t);

// floor(n / factor) samples, 1 <= factor <= n. A remainder of n / factor pixels at the end is seen
// through the reach of the filter alone.
BandedMatrix bicubic_downsampling(std::int64_t n, std::int64_t factor);
// The mean of `factor` pixels each.
BandedMatrix area_downsampling(std::int64_t n, std::int64_t factor);
// n -> n factor samples, not stretched: Pillow's BICUBIC for enlarging.
BandedMatrix bicubic_upsampling(std::int64_t n, std::int64_t factor);

}  // namespace restore
