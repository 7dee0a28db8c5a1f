#include "librestore/core/rng_kernels.h"

#include <bit>
#include <cmath>

#include <Random123/philox.h>

#include "librestore/core/rng.h"
#include "librestore/core/target_clones.h"

namespace restore::kernels {
namespace {

RESTORE_INLINE PhiloxCounter philox(const PhiloxCounter& counter, std::uint64_t key) {
  const auto words = r123::Philox4x32()(
      {{counter[0], counter[1], counter[2], counter[3]}},
      {{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}});
  return {words[0], words[1], words[2], words[3]};
}

// log(u), u > 0 normal, to 1 ulp: u = 2^e m, m in [sqrt(1/2), sqrt(2)), and the polynomial of
// Moshier's Cephes library (logf.c). libm's choice of instructions by processor would move the last
// bit.
RESTORE_INLINE float log_positive(float u) {
  const std::int32_t bits = std::bit_cast<std::int32_t>(u);
  const std::int32_t e = (bits - 0x3f3504f3) >> 23;
  const float t = std::bit_cast<float>(bits - (e << 23)) - 1.0f;
  const float exponent = static_cast<float>(e);
  const float z = t * t;
  float p = 7.0376836292e-2f;
  p = p * t - 1.1514610310e-1f;
  p = p * t + 1.1676998740e-1f;
  p = p * t - 1.2420140846e-1f;
  p = p * t + 1.4249322787e-1f;
  p = p * t - 1.6668057665e-1f;
  p = p * t + 2.0000714765e-1f;
  p = p * t - 2.4999993993e-1f;
  p = p * t + 3.3333331174e-1f;
  p = p * t * z - 2.12194440e-4f * exponent - 0.5f * z;
  return (t + p) + 0.693359375f * exponent;
}

// sin and cos on [-pi/4, pi/4], Cephes (sinf.c).
RESTORE_INLINE float sin_octant(float a) {
  const float z = a * a;
  return ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * a + a;
}

RESTORE_INLINE float cos_octant(float a) {
  const float z = a * a;
  return ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
         0.5f * z + 1.0f;
}

// Four words of kRandomBlocks blocks; word w of block b is words[w][b].
using Words = std::uint32_t[4][kRandomBlocks];

RESTORE_INLINE void make_words(std::uint64_t key, PhiloxCounter counter, Words& words) {
  for (int b = 0; b < kRandomBlocks; ++b, ++counter[0]) {
    const PhiloxCounter block = philox(counter, key);
    for (int w = 0; w < 4; ++w) words[w][b] = block[w];
  }
}

// Box and Muller: (r cos a, r sin a) with r = sqrt(-2 log u), u uniform on (0,1], a on the circle.
RESTORE_INLINE void to_normal(const Words& words, float* out) {
  float values[4][kRandomBlocks];
  for (int pair = 0; pair < 4; pair += 2) {
    for (int b = 0; b < kRandomBlocks; ++b) {
      const std::uint32_t radius_word = words[pair][b], angle_word = words[pair + 1][b];
      // The two halves convert exactly, so small u keep all their bits: that is where the tails
      // are.
      const float high = static_cast<float>(static_cast<std::int32_t>(radius_word >> 16));
      const float low = static_cast<float>(static_cast<std::int32_t>(radius_word & 0xffffu));
      const float u = (high * 65536.0f + low + 0.5f) * 0x1p-32f;
      const float r = std::sqrt(-2.0f * log_positive(u));
      // The top two bits choose the quarter turn, the rest an angle in [-pi/4, pi/4).
      const std::uint32_t quarter = angle_word >> 30;
      const std::int32_t rest = static_cast<std::int32_t>(angle_word & 0x3fffffffu) - (1 << 29);
      const float a = static_cast<float>(rest) * (1.57079632679f * 0x1p-30f);
      const float s = sin_octant(a), c = cos_octant(a);
      const bool odd = (quarter & 1u) != 0;
      const float cosine = odd ? s : c, sine = odd ? c : s;
      const float sign_cosine = quarter == 1 || quarter == 2 ? -r : r;
      const float sign_sine = quarter >= 2 ? -r : r;
      values[pair][b] = sign_cosine * cosine;
      values[pair + 1][b] = sign_sine * sine;
    }
  }
  for (int b = 0; b < kRandomBlocks; ++b)
    for (int w = 0; w < 4; ++w) out[4 * b + w] = values[w][b];
}

// (k + 1/2) 2^-23 with 23 bits: exact in float, never 0 or 1.
RESTORE_INLINE void to_uniform(const Words& words, float* out) {
  for (int b = 0; b < kRandomBlocks; ++b)
    for (int w = 0; w < 4; ++w)
      out[4 * b + w] =
          (static_cast<float>(static_cast<std::int32_t>(words[w][b] >> 9)) + 0.5f) * 0x1p-23f;
}

}  // namespace

RESTORE_TARGET_CLONES void normal_values(std::uint64_t key, const PhiloxCounter& counter,
                                         float* out) {
  Words words;
  make_words(key, counter, words);
  to_normal(words, out);
}

RESTORE_TARGET_CLONES void uniform_values(std::uint64_t key, const PhiloxCounter& counter,
                                          float* out) {
  Words words;
  make_words(key, counter, words);
  to_uniform(words, out);
}

}  // namespace restore::kernels

std::array<std::uint32_t, 4> restore::philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                                    std::uint64_t key) {
  return kernels::philox(counter, key);
}
