#include "priors/classic/nonlocal_means_kernels.h"

#include <algorithm>
#include <cmath>

#include "librestore/core/lanes.h"

namespace restore::nlm {
namespace {

std::int64_t round_up(std::int64_t width) {
  return (width + kernels::kLanes - 1) / kernels::kLanes * kernels::kLanes;
}

// out[j] = sum over the channels and over kPatchSide neighbours from j on of (there - here)^2.
template <typename T>
RESTORE_INLINE void difference_row(const Strip<T>& strip, const T* here, const T* there,
                                   T* __restrict squares, T* __restrict out) {
  const std::int64_t wide = strip.width + kPatchSide - 1;
  std::fill_n(squares, wide, T(0));
  for (std::int64_t c = 0; c < strip.channels; ++c) {
    const T* __restrict a = here + c * strip.padded_plane;
    const T* __restrict b = there + c * strip.padded_plane;
    for (std::int64_t j = 0; j < wide; ++j) squares[j] += (b[j] - a[j]) * (b[j] - a[j]);
  }
  static_assert(kPatchSide == 5);
  for (std::int64_t j = 0; j < strip.width; ++j)
    out[j] = squares[j] + squares[j + 1] + squares[j + 2] + squares[j + 3] + squares[j + 4];
}

// w = exp(-w)
RESTORE_INLINE void exponential_row(std::int64_t width, float* w) {
  for (std::int64_t j = 0; j < width; j += kernels::kLanes) {
    kernels::Lanes v;
    kernels::load(v, w + j);
    v = -v;
    kernels::exponential(v);
    kernels::store(w + j, v);
  }
}
RESTORE_INLINE void exponential_row(std::int64_t width, double* w) {
  for (std::int64_t j = 0; j < width; ++j) w[j] = std::exp(-w[j]);
}

template <typename T>
RESTORE_INLINE void accumulate_row(const Strip<T>& strip, std::int64_t row, const T* __restrict w,
                                   const T* there) {
  for (std::int64_t c = 0; c < strip.channels; ++c) {
    const T* __restrict x = there + c * strip.padded_plane;
    T* __restrict sum = strip.weighted + c * strip.plane + row * strip.width;
    for (std::int64_t j = 0; j < strip.width; ++j) sum[j] += w[j] * x[j];
  }
  T* __restrict total = strip.total + row * strip.width;
  T* __restrict largest = strip.largest + row * strip.width;
  for (std::int64_t j = 0; j < strip.width; ++j) {
    total[j] += w[j];
    largest[j] = std::max(largest[j], w[j]);
  }
}

template <typename T>
RESTORE_INLINE void accumulate_impl(const Strip<T>& strip, std::int64_t dy, std::int64_t dx,
                                    T scale, T bias, T* scratch) {
  const std::int64_t pitch = round_up(strip.width), stride = strip.padded_width();
  T* const squares = scratch + kPatchSide * pitch;
  T* __restrict w = squares + pitch + kernels::kLanes;
  // The sums of the last kPatchSide rows of differences go round in `scratch`.
  for (std::int64_t i = 0; i < strip.rows + kPatchSide - 1; ++i) {
    const T* here = strip.padded + (kSearch + i) * stride + kSearch;
    difference_row(strip, here, here + dy * stride + dx, squares, scratch + i % kPatchSide * pitch);
    const std::int64_t row = i - (kPatchSide - 1);
    if (row < 0) continue;
    const T*
        d[kPatchSide];  // from the upper row to the lower one, for the same sums in every strip
    for (std::int64_t k = 0; k < kPatchSide; ++k) d[k] = scratch + (row + k) % kPatchSide * pitch;
    for (std::int64_t j = 0; j < strip.width; ++j) {
      const T d2 = d[0][j] + d[1][j] + d[2][j] + d[3][j] + d[4][j];
      w[j] = std::max(scale * d2 - bias, T(0));
    }
    exponential_row(strip.width, w);
    accumulate_row(strip, row, w, strip.padded + (kMargin + row + dy) * stride + kMargin + dx);
  }
}

}  // namespace

std::int64_t scratch_size(std::int64_t width) {
  return (kPatchSide + 2) * round_up(width) + kernels::kLanes;
}

template <>
RESTORE_TARGET_CLONES void accumulate(const Strip<float>& strip, std::int64_t dy, std::int64_t dx,
                                      float scale, float bias, float* scratch) {
  accumulate_impl(strip, dy, dx, scale, bias, scratch);
}
template <>
RESTORE_TARGET_CLONES void accumulate(const Strip<double>& strip, std::int64_t dy, std::int64_t dx,
                                      double scale, double bias, double* scratch) {
  accumulate_impl(strip, dy, dx, scale, bias, scratch);
}

}  // namespace restore::nlm
