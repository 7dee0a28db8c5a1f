#include "librestore/core/rng.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/core/rng_kernels.h"

namespace restore {
namespace {

constexpr std::int64_t kValuesPerTask = 1 << 15;
constexpr std::int64_t kChannelBits = 12;

using Counter = kernels::PhiloxCounter;
// Makes the values of some blocks.
using Values = void (*)(std::uint64_t key, const Counter& counter, float* out);

// The finaliser of splitmix64 (Steele, Lea, Flood 2014): a bijection of 64-bit words.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Beyond these two, streams would share their numbers.
constexpr std::int64_t kChannels = std::int64_t{1} << kChannelBits;
constexpr std::uint32_t kSamples = std::uint32_t{1} << (32 - kChannelBits);

std::uint32_t checked_sample(std::uint32_t sample) {
  if (sample >= kSamples)
    throw usage_error("there are random numbers for {} samples of a picture, not for sample {}",
                      kSamples, std::uint64_t{sample} + 1);
  return sample;
}

std::uint32_t pack(std::int64_t channel, std::uint32_t sample) {
  return (sample << kChannelBits) | static_cast<std::uint32_t>(channel);
}

// One row [x0, x0 + width) of one channel; counter[0] is set here.
void fill_row(std::uint64_t key, Counter counter, std::int64_t x0, std::int64_t width, float* out,
              Values make) {
  const std::int64_t end = x0 + width;
  // Shifting rounds down for negative coordinates too.
  for (std::int64_t block = x0 >> 2; 4 * block < end; block += kernels::kRandomBlocks) {
    counter[0] = static_cast<std::uint32_t>(block);
    float values[kernels::kRandomValues];
    make(key, counter, values);
    const std::int64_t first = std::max(x0, 4 * block);
    const std::int64_t last = std::min(end, 4 * (block + kernels::kRandomBlocks));
    std::copy(values + (first - 4 * block), values + (last - 4 * block), out + (first - x0));
  }
}

void fill_field(std::uint64_t key, std::uint32_t sample, std::uint32_t step, std::span<float> out,
                const FieldWindow& window, Values make) {
  if (window.channels > kChannels)
    throw usage_error("there are random numbers for {} channels of a picture, not for {}",
                      kChannels, window.channels);
  const std::int64_t rows = window.channels * window.height;
  assert(static_cast<std::int64_t>(out.size()) == rows * window.width);
  const std::int64_t grain =
      std::max<std::int64_t>(1, kValuesPerTask / std::max<std::int64_t>(window.width, 1));
  parallel_ranges(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t y = window.y0 + row % window.height;
      const Counter counter{0, static_cast<std::uint32_t>(y), pack(row / window.height, sample),
                            step};
      fill_row(key, counter, window.x0, window.width, out.data() + row * window.width, make);
    }
  });
}

}  // namespace

// For one seed no two images share a key, and for one image no two seeds do.
Rng::Rng(std::uint64_t seed, std::uint64_t image, std::uint32_t sample)
    : key_(mix(mix(seed + 0x9e3779b97f4a7c15u) ^ image)), sample_(checked_sample(sample)) {}

Rng Rng::for_sample(std::uint32_t sample) const {
  Rng other = *this;
  other.sample_ = checked_sample(sample);
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
  fill_field(key_, sample_, step_++, out, window, kernels::normal_values);
}

void Rng::uniform(std::span<float> out, FieldWindow window) {
  window.y0 += y0_;
  window.x0 += x0_;
  fill_field(key_, sample_, step_++, out, window, kernels::uniform_values);
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
