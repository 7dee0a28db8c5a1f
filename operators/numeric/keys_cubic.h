// The cubic of interpolation, a = -1/2:
//   (a+2)|t|^3 - (a+3) t^2 + 1 for |t| <= 1,  a|t|^3 - 5a t^2 + 8a|t| - 4a for 1 < |t| < 2, else 0.
// Keys 1981, "Cubic convolution interpolation for digital image processing";
// https://doi.org/10.1109/TASSP.1981.1163711
#pragma once

#include <cmath>

namespace restore {

inline double keys_cubic(double t) {
  constexpr double a = -0.5;
  t = std::abs(t);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  return 0;
}

}  // namespace restore
