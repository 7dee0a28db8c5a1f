#include "priors/neural/gated_depthwise.h"

#include <algorithm>

#include "librestore/core/lanes.h"

namespace restore::kernels {
namespace {

// Columns that go through all channels one after the other: three rows of them stay in the first
// cache.
constexpr std::int64_t kColumns = 32;

// Thirty-two channels. Of bfloat16 the even ones and the odd ones: two of them are one 32-bit
// number, taken apart by a shift and a mask.
struct Pair {
  Lanes first, second;
};

RESTORE_INLINE void load_pair(Pair& v, const float* p) {
  load(v.first, p);
  load(v.second, p + kLanes);
}
RESTORE_INLINE void load_pair(Pair& v, const Bfloat* p) {
  Bits bits;
  std::memcpy(&bits, p, sizeof bits);
  const Bits even = bits << 16, odd = bits & 0xffff0000u;
  std::memcpy(&v.first, &even, sizeof even);
  std::memcpy(&v.second, &odd, sizeof odd);
}
RESTORE_INLINE void store_pair(float* p, const Pair& v) {
  store(p, v.first);
  store(p + kLanes, v.second);
}
RESTORE_INLINE void store_pair(Bfloat* p, const Pair& v) {
  Bits even, odd;
  rounded_bits(even, v.first);
  rounded_bits(odd, v.second);
  const Bits bits = (even >> 16) | (odd & 0xffff0000u);
  std::memcpy(p, &bits, sizeof bits);
}

// The row that comes in next is in no cache near by, and its columns lie too far apart for the
// processor to guess.
template <typename T>
RESTORE_INLINE void prefetch(const T* p) {
  for (std::size_t bytes = 0; bytes < kDepthwiseChannels * sizeof(T); bytes += 64)
    __builtin_prefetch(reinterpret_cast<const char*>(p) + bytes, 0, 2);
}

// The weights of thirty-two channels.
struct Taps {
  Pair left[3], here[3], right[3], bias;
};

RESTORE_INLINE void load_taps(Taps& taps, const GatedDepthwise& layer, std::int64_t first) {
  const std::int64_t channels = 2 * layer.channels;
  for (int i = 0; i < 3; ++i) {
    const float* row = layer.weight + 3 * i * channels + first;
    load_pair(taps.left[i], row);
    load_pair(taps.here[i], row + channels);
    load_pair(taps.right[i], row + 2 * channels);
  }
  load_pair(taps.bias, layer.bias + first);
}

// Sums over the columns seen: for the output in the last of them, and for the one after it.
struct Sums {
  Pair at, after;
};

RESTORE_INLINE void add_products(Pair& sum, const Pair (&weight)[3], const Pair (&v)[3]) {
#pragma GCC unroll 3
  for (int i = 0; i < 3; ++i) {
    sum.first += weight[i].first * v[i].first;
    sum.second += weight[i].second * v[i].second;
  }
}

// The next column, x of three rows, comes in, which completes the output in the last one.
template <typename T>
RESTORE_INLINE void advance(Sums& sums, Pair& completed, const Taps& taps, const T* x,
                            std::int64_t stride) {
  Pair v[3];
#pragma GCC unroll 3
  for (int i = 0; i < 3; ++i) load_pair(v[i], x + i * stride);
  completed = sums.at;
  add_products(completed, taps.right, v);
  sums.at = sums.after;
  add_products(sums.at, taps.here, v);
  sums.after = taps.bias;
  add_products(sums.after, taps.left, v);
}

template <typename T>
RESTORE_INLINE void store_gated(T* y, const Pair& a, const Pair& b) {
  store_pair(y, Pair{a.first * b.first, a.second * b.second});
}

// Columns [begin, end) of thirty-two channels of y, in one row.
template <typename T>
RESTORE_INLINE void gated_columns(const GatedDepthwise& layer, std::int64_t begin, std::int64_t end,
                                  std::int64_t channel, const T* x, const T* next_row, T* y) {
  const std::int64_t C = layer.channels, stride = 2 * C * layer.width;
  Taps taps_a, taps_b;
  load_taps(taps_a, layer, channel);
  load_taps(taps_b, layer, channel + C);
  Sums sums_a{taps_a.bias, taps_a.bias}, sums_b{taps_b.bias, taps_b.bias};
  Pair a, b;
  const auto next = [&](std::int64_t column) __attribute__((always_inline)) {
    const std::int64_t here = 2 * C * column + channel;
    prefetch(next_row + here);
    advance(sums_a, a, taps_a, x + here, stride);
    prefetch(next_row + here + C);
    advance(sums_b, b, taps_b, x + here + C, stride);
  };
  y += channel;
  if (begin > 0) next(begin - 1);
  next(begin);
  for (std::int64_t j = begin; j < end - 1; ++j) {
    next(j + 1);
    store_gated(y + C * j, a, b);
  }
  if (end < layer.width) {
    next(end);
    store_gated(y + C * (end - 1), a, b);
  } else {
    store_gated(y + C * (end - 1), sums_a.at, sums_b.at);
  }
}

template <typename T>
RESTORE_INLINE void gated_row(const GatedDepthwise& layer, const T* x, const T* next_row, T* y) {
  for (std::int64_t begin = 0; begin < layer.width; begin += kColumns)
    for (std::int64_t channel = 0; channel < layer.channels; channel += kDepthwiseChannels)
      gated_columns(layer, begin, std::min(begin + kColumns, layer.width), channel, x, next_row, y);
}

RESTORE_TARGET_CLONES void gated_row_half(const GatedDepthwise& layer, const Bfloat* x,
                                          const Bfloat* next_row, Bfloat* y) {
  gated_row(layer, x, next_row, y);
}
RESTORE_TARGET_CLONES void gated_row_float(const GatedDepthwise& layer, const float* x,
                                           const float* next_row, float* y) {
  gated_row(layer, x, next_row, y);
}

}  // namespace

void gated_depthwise(const GatedDepthwise& layer, std::int64_t rows, const void* x, void* y,
                     bool half) {
  const std::int64_t in = 2 * layer.channels * layer.width, out = layer.channels * layer.width;
  const auto run = [&](auto* row, const auto* from, auto* to) {
    for (std::int64_t r = 0; r < rows; ++r)
      row(layer, from + r * in, from + (std::min(r + 1, rows - 1) + 2) * in, to + r * out);
  };
  if (half)
    run(gated_row_half, static_cast<const Bfloat*>(x), static_cast<Bfloat*>(y));
  else
    run(gated_row_float, static_cast<const float*>(x), static_cast<float*>(y));
}

}  // namespace restore::kernels
