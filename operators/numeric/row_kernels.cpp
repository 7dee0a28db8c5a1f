#include "operators/numeric/row_kernels.h"

#include <algorithm>
#include <cstring>

#include "librestore/core/target_clones.h"

namespace restore {
namespace {

// GCC and Clang vector types: 64 bytes, lowered to whatever the instruction set has.
template <typename T>
struct Vector {
  using type __attribute__((vector_size(64))) = T;
  static constexpr std::int64_t lanes = 64 / sizeof(T);
};

// Four accumulators stay in registers while the taps go by: one load and one multiply-add a tap.
template <typename T>
RESTORE_INLINE void block_sum(const T* const* rows, const T* weights, std::int64_t taps,
                              std::int64_t x, T* sums) {
  using V = typename Vector<T>::type;
  constexpr std::int64_t lanes = Vector<T>::lanes;
  V s0{}, s1{}, s2{}, s3{}, v;
  for (std::int64_t t = 0; t < taps; ++t) {
    const T* row = rows[t] + x;
    const T w = weights[t];
    std::memcpy(&v, row, sizeof v);
    s0 += w * v;
    std::memcpy(&v, row + lanes, sizeof v);
    s1 += w * v;
    std::memcpy(&v, row + 2 * lanes, sizeof v);
    s2 += w * v;
    std::memcpy(&v, row + 3 * lanes, sizeof v);
    s3 += w * v;
  }
  std::memcpy(sums, &s0, sizeof s0);
  std::memcpy(sums + lanes, &s1, sizeof s1);
  std::memcpy(sums + 2 * lanes, &s2, sizeof s2);
  std::memcpy(sums + 3 * lanes, &s3, sizeof s3);
}

template <typename T>
RESTORE_INLINE void weighted_sum_impl(const T* const* rows, const T* weights, std::int64_t taps,
                                      std::int64_t width, T* out) {
  constexpr std::int64_t block = 4 * Vector<T>::lanes;
  if (width < block) {
    std::fill_n(out, width, T{0});
    for (std::int64_t t = 0; t < taps; ++t)
      for (std::int64_t x = 0; x < width; ++x) out[x] += weights[t] * rows[t][x];
    return;
  }
  for (std::int64_t x = 0; x + block <= width; x += block)
    block_sum(rows, weights, taps, x, out + x);
  // The last block ends with the row and computes some sums a second time.
  if (width % block != 0) block_sum(rows, weights, taps, width - block, out + width - block);
}

// As many accumulators for each window as fit the registers; a load serves all windows.
template <typename T>
RESTORE_INLINE void sliding_block(const T* const* rows, const T* weights, std::int64_t taps,
                                  std::int64_t x, T* const* outs) {
  using V = typename Vector<T>::type;
  constexpr std::int64_t lanes = Vector<T>::lanes;
  // Unrolled, or the array does not become registers.
  V sums[kWindows][2], v, w;
#pragma GCC unroll 4
  for (std::int64_t j = 0; j < kWindows; ++j) sums[j][0] = sums[j][1] = V{};
  for (std::int64_t r = 0; r < taps + kWindows - 1; ++r) {
    const T* row = rows[r] + x;
    std::memcpy(&v, row, sizeof v);
    std::memcpy(&w, row + lanes, sizeof w);
#pragma GCC unroll 4
    for (std::int64_t j = 0; j < kWindows; ++j) {
      const T weight = weights[kWindows - 1 + r - j];  // a zero where row r is outside window j
      sums[j][0] += weight * v;
      sums[j][1] += weight * w;
    }
  }
#pragma GCC unroll 4
  for (std::int64_t j = 0; j < kWindows; ++j) {
    std::memcpy(outs[j] + x, &sums[j][0], sizeof v);
    std::memcpy(outs[j] + x + lanes, &sums[j][1], sizeof w);
  }
}

template <typename T>
RESTORE_INLINE void sliding_sums_impl(const T* const* rows, const T* weights, std::int64_t taps,
                                      std::int64_t width, T* const* outs) {
  constexpr std::int64_t block = 2 * Vector<T>::lanes;
  if (width < block) {
    for (std::int64_t j = 0; j < kWindows; ++j)
      weighted_sum_impl(rows + j, weights + kWindows - 1, taps, width, outs[j]);
    return;
  }
  for (std::int64_t x = 0; x + block <= width; x += block)
    sliding_block(rows, weights, taps, x, outs);
  if (width % block != 0) sliding_block(rows, weights, taps, width - block, outs);
}

}  // namespace

RESTORE_TARGET_CLONES void weighted_sum(const float* const* rows, const float* weights,
                                        std::int64_t taps, std::int64_t width, float* out) {
  weighted_sum_impl(rows, weights, taps, width, out);
}

RESTORE_TARGET_CLONES void weighted_sum(const double* const* rows, const double* weights,
                                        std::int64_t taps, std::int64_t width, double* out) {
  weighted_sum_impl(rows, weights, taps, width, out);
}

RESTORE_TARGET_CLONES void sliding_sums(const float* const* rows, const float* weights,
                                        std::int64_t taps, std::int64_t width, float* const* outs) {
  sliding_sums_impl(rows, weights, taps, width, outs);
}

RESTORE_TARGET_CLONES void sliding_sums(const double* const* rows, const double* weights,
                                        std::int64_t taps, std::int64_t width,
                                        double* const* outs) {
  sliding_sums_impl(rows, weights, taps, width, outs);
}

}  // namespace restore
