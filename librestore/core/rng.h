// Counter-based random numbers: a value depends on what it is for, never on who computed it when.
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"),
// keyed by (seed, image) with the counter (x / 4, y, channel and sample, step). The same numbers
// come out for any number of threads, any tile and any batch. Seed 0 is a seed like any other. Only
// IEEE additions, products and square roots enter, so that machines agree on the last bit too.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace restore {

// The part of a random field that is wanted: channel c, rows y0.., columns x0...
struct FieldWindow {
  std::int64_t channels = 1, height = 1, width = 1;  // channels <= 4096, else a usage error
  std::int64_t y0 = 0, x0 = 0;  // where the window lies in the whole image; may be negative
};

class Rng {
 public:
  // `image` separates the items of a batch (hash of the item's name); `sample` counts the posterior
  // samples of one image (below 2^20, else a usage error), so that sample 5 is the same drawn alone
  // or in a batch.
  explicit Rng(std::uint64_t seed, std::uint64_t image = 0, std::uint32_t sample = 0);

  // The same stream for another sample of this image, starting at its step 0.
  Rng for_sample(std::uint32_t sample) const;

  // The same stream in a picture of which this one's pixel (0, 0) is (x0, y0): every field from now
  // on is the part of the whole picture's field that lies there.
  Rng at(std::int64_t y0, std::int64_t x0) const;

  // Fills `out` (channels x height x width, C order) with independent N(0,1) and moves on one step.
  // Box and Muller 1958; 32 bits make the radius, so the tails reach 6.7.
  void normal(std::span<float> out, FieldWindow window);
  // Uniform on the open interval (0,1).
  void uniform(std::span<float> out, FieldWindow window);
  // One uniform number in (0,1) with 52 bits.
  double uniform();
  // A uniform integer in [0, bound), bound >= 1.
  std::uint64_t below(std::uint64_t bound);

  // Every draw uses one step; setting it resumes or replays a stream.
  std::uint32_t step() const { return step_; }
  void set_step(std::uint32_t step) { step_ = step; }
  std::uint32_t sample() const { return sample_; }

 private:
  std::uint64_t key_;
  std::uint32_t sample_;
  std::uint32_t step_ = 0;
  std::int64_t y0_ = 0, x0_ = 0;
};

// The generator itself: ten rounds of Philox4x32 on one counter block.
std::array<std::uint32_t, 4> philox4x32_10(const std::array<std::uint32_t, 4>& counter,
                                           std::uint64_t key);

// A stable 64-bit hash (FNV-1a) of a name or a file's bytes, for `Rng`'s image key.
std::uint64_t stable_hash(std::span<const unsigned char> bytes);

}  // namespace restore
