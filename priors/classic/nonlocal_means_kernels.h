// The loops of non-local means, on raw planes of float or double.
#pragma once

#include <cstdint>

namespace restore::nlm {

constexpr std::int64_t kSearch = 10;      // the search window is 2 kSearch + 1 pixels wide
constexpr std::int64_t kPatchRadius = 2;  // the patch 2 kPatchRadius + 1
constexpr std::int64_t kPatchSide = 2 * kPatchRadius + 1;
constexpr std::int64_t kMargin = kSearch + kPatchRadius;

// Some rows of a picture of C planes, H x W, and what their pixels' weights sum up to.
template <typename T>
struct Strip {
  std::int64_t channels, rows, width;
  const T* padded;  // the strip with kMargin pixels around it, planes of `padded_plane` values
  std::int64_t padded_plane;
  T* weighted;  // sum_j w(i, j) x(j), planes of `plane` values
  std::int64_t plane;
  T* total;    // sum_j w(i, j)
  T* largest;  // max_j w(i, j)

  std::int64_t padded_width() const { return width + 2 * kMargin; }
};

// How many values of working memory `accumulate` needs.
std::int64_t scratch_size(std::int64_t width);

// Adds the pixels that lie (dy, dx) from each one, with their weights
//   w = exp(-max(scale d2 - bias, 0)),
// d2 the sum over a patch and its channels of squared differences.
template <typename T>
void accumulate(const Strip<T>& strip, std::int64_t dy, std::int64_t dx, T scale, T bias,
                T* scratch);

}  // namespace restore::nlm
