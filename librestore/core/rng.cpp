#include "librestore/core/rng.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

#include <Random123/philox.h>

#include "librestore/core/parallel.h"

namespace restore {
namespace {

// Blocks of four values that are made together: enough for vector loops, small enough for the L1
// cache.
constexpr int kBlocks = 64;
constexpr int kValues = 4 * kBlocks;
constexpr std::int64_t kValuesPerTask = 1 << 15;
constexpr std::int64_t kChannelBits = 12;

using Counter = std::array<std::uint32_t, 4>;

// The finaliser of splitmix64 (Steele, Lea, Flood 2014): a bijection of 64-bit words.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint32_t pack(std::int64_t channel, std::uint32_t sample) {
  assert(channel < (1 << kChannelBits) && sample < (1u << (32 - kChannelBits)));
  return (sample << kChannelBits) | static_cast<std::uint32_t>(channel);
}

// log(u), u > 0 normal, to 1 ulp: u = 2^e m, m in [sqrt(1/2), sqrt(2)), and the polynomial of
// Moshier's Cephes library (logf.c). libm's choice of instructions by processor would move the last
// bit.
float log_positive(float u) {
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
float sin_octant(float a) {
  const float z = a * a;
  return ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * a + a;
}

float cos_octant(float a) {
  const float z = a * a;
  return ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
         0.5f * z + 1.0f;
}

// Four words of kBlocks blocks; word w of block b is words[w][b].
using Words = std::uint32_t[4][kBlocks];

// Box and Muller: (r cos a, r sin a) with r = sqrt(-2 log u), u uniform on (0,1], a on the circle.
void to_normal(const Words& words, float* out) {
  float values[4][kBlocks];
  for (int pair = 0; pair < 4; pair += 2) {
    for (int b = 0; b < kBlocks; ++b) {
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
  for (int b = 0; b < kBlocks; ++b)
    for (int w = 0; w < 4; ++w) out[4 * b + w] = values[w][b];
}

// (k + 1/2) 2^-23 with 23 bits: exact in float, never 0 or 1.
void to_uniform(const Words& words, float* out) {
  for (int b = 0; b < kBlocks; ++b)
    for (int w = 0; w < 4; ++w)
      out[4 * b + w] =
          (static_cast<float>(static_cast<std::int32_t>(words[w][b] >> 9)) + 0.5f) * 0x1p-23f;
}

// One row [x0, x0 + width) of one channel; counter[0] is set here.
template <typename Convert>
void fill_row(std::uint64_t key, Counter counter, std::int64_t x0, std::int64_t width, float* out,
              const Convert& convert) {
  const std::int64_t end = x0 + width;
  // Shifting rounds down for negative coordinates too.
  for (std::int64_t block = x0 >> 2; 4 * block < end; block += kBlocks) {
    Words words;
    for (int b = 0; b < kBlocks; ++b) {
      counter[0] = static_cast<std::uint32_t>(block + b);
      const Counter value = philox4x32_10(counter, key);
      for (int w = 0; w < 4; ++w) words[w][b] = value[w];
    }
    float values[kValues];
    convert(words, values);
    const std::int64_t first = std::max(x0, 4 * block);
    const std::int64_t last = std::min(end, 4 * (block + kBlocks));
    std::copy(values + (first - 4 * block), values + (last - 4 * block), out + (first - x0));
  }
}

template <typename Convert>
void fill_field(std::uint64_t key, std::uint32_t sample, std::uint32_t step, std::span<float> out,
                const FieldWindow& window, const Convert& convert) {
  const std::int64_t rows = window.channels * window.height;
  assert(static_cast<std::int64_t>(out.size()) == rows * window.width);
  const std::int64_t grain =
      std::max<std::int64_t>(1, kValuesPerTask / std::max<std::int64_t>(window.width, 1));
  parallel_ranges(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t y = window.y0 + row % window.height;
      const Counter counter{0, static_cast<std::uint32_t>(y), pack(row / window.height, sample),
                            step};
      fill_row(key, counter, window.x0, window.width, out.data() + row * window.width, convert);
    }
  });
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                           std::uint64_t key) {
  const r123::Philox4x32 philox;
  const auto words =
      philox({{counter[0], counter[1], counter[2], counter[3]}},
             {{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}});
  return {words[0], words[1], words[2], words[3]};
}

// For one seed no two images share a key, and for one image no two seeds do.
Rng::Rng(std::uint64_t seed, std::uint64_t image, std::uint32_t sample)
    : key_(mix(mix(seed + 0x9e3779b97f4a7c15u) ^ image)), sample_(sample) {}

Rng Rng::for_sample(std::uint32_t sample) const {
  Rng other = *this;
  other.sample_ = sample;
  other.step_ = 0;
  return other;
}

Rng Rng::at(std::int64_t y0, std::int64_t x0) const {
  Rng other = *this;
  other.y0_ += y0;
  other.x0_ += x0;
  return other;
}

void Rng::normal(std::span<float> out, FieldWindow window) {
  window.y0 += y0_;
  window.x0 += x0_;
  fill_field(key_, sample_, step_++, out, window, to_normal);
}

void Rng::uniform(std::span<float> out, FieldWindow window) {
  window.y0 += y0_;
  window.x0 += x0_;
  fill_field(key_, sample_, step_++, out, window, to_uniform);
}

double Rng::uniform() {
  const Counter words = philox4x32_10({0, 0, pack(0, sample_), step_++}, key_);
  const std::uint64_t bits = (std::uint64_t{words[0]} << 32 | words[1]) >> 12;
  return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

std::uint64_t Rng::below(std::uint64_t bound) {
  assert(bound >= 1);
  // Rejection from the next power of two: unbiased, fewer than two tries on average.
  const std::uint64_t mask = bound == 1 ? 0 : ~std::uint64_t{0} >> (64 - std::bit_width(bound - 1));
  const std::uint32_t step = step_++;
  for (std::uint32_t attempt = 0;; ++attempt) {
    const Counter words = philox4x32_10({attempt, 0, pack(0, sample_), step}, key_);
    const std::uint64_t value = (std::uint64_t{words[0]} << 32 | words[1]) & mask;
    if (value < bound) return value;
  }
}

std::uint64_t stable_hash(std::span<const unsigned char> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

}  // namespace restore
