// Sixteen floats at a time, for the fused loops: GCC and Clang vector types, lowered to whatever
// the instruction set has.
#pragma once

#include <cstdint>
#include <cstring>

#include "librestore/core/target_clones.h"

namespace restore::kernels {

constexpr std::int64_t kLanes = 16;

using Lanes = float __attribute__((vector_size(64)));
using Integers = std::int32_t __attribute__((vector_size(64)));
using Bits = std::uint32_t __attribute__((vector_size(64)));
using Halves = std::uint16_t __attribute__((vector_size(32)));
using Bfloat = std::uint16_t;  // the upper half of a float

// Vectors travel by reference: by value their calling convention would depend on the target.
RESTORE_INLINE void load(Lanes& v, const float* p) { std::memcpy(&v, p, sizeof(Lanes)); }
RESTORE_INLINE void load(Lanes& v, const Bfloat* p) {
  Halves h;
  std::memcpy(&h, p, sizeof h);
  const Bits bits = __builtin_convertvector(h, Bits) << 16;
  std::memcpy(&v, &bits, sizeof v);
}
RESTORE_INLINE void store(float* p, const Lanes& v) { std::memcpy(p, &v, sizeof(Lanes)); }
// The upper halves are v rounded to nearest, ties to even. A NaN stays one unless its payload is in
// the low bits alone, which arithmetic does not make.
RESTORE_INLINE void rounded_bits(Bits& bits, const Lanes& v) {
  std::memcpy(&bits, &v, sizeof bits);
  bits += 0x7fffu + ((bits >> 16) & 1u);
}
RESTORE_INLINE void store(Bfloat* p, const Lanes& v) {
  Bits bits;
  rounded_bits(bits, v);
  const Halves h = __builtin_convertvector(bits >> 16, Halves);
  std::memcpy(p, &h, sizeof h);
}
// Halves onto halves, without a way through memory.
RESTORE_INLINE float sum(const Lanes& v) {
  const auto eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const auto four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
                    __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
  const auto two =
      __builtin_shufflevector(four, four, 0, 1) + __builtin_shufflevector(four, four, 2, 3);
  return two[0] + two[1];
}

// exp(v) = 2^n exp(r), |r| <= ln(2)/2, exp(r) by its series up to r^7: relative error below 1e-7.
RESTORE_INLINE void exponential(Lanes& v) {
  constexpr float kLog2 = 1.44269504f, kHigh = 0.693359375f, kLow = -2.12194440e-4f;
  constexpr float kRound = 12582912.0f;  // 1.5 2^23: adding it rounds to an integer
  constexpr float kLimit = 87.0f;        // of float32's exponent
  v = v > kLimit ? kLimit + 0 * v : v;
  v = v < -kLimit ? -kLimit + 0 * v : v;
  const Lanes n = (v * kLog2 + kRound) - kRound;
  const Lanes r = (v - n * kHigh) - n * kLow;
  Lanes p = r * (1.0f / 5040) + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const Integers bits = (__builtin_convertvector(n, Integers) + 127) << 23;
  Lanes scale;
  std::memcpy(&scale, &bits, sizeof scale);
  v = p * scale;
}

}  // namespace restore::kernels
