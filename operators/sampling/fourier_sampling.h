// Some frequencies of the scene, each channel by itself:
//
//   y = m * Hartley(x),   m(u, v) in {0, 1},  m(-u, -v) = m(u, v)
//
// The orthonormal Hartley transform (operators/numeric/fourier.h) is the Fourier transform of real
// pictures written in real numbers: with both frequencies of the pair +-(u, v) measured, (h(u) +
// h(-u)) / 2 and (h(-u) - h(u)) / 2 are the real and the imaginary part of F(u, v) / sqrt(H W). y
// has the size of the scene, frequency 0 in the corner, and holds 0 where nothing is measured. V =
// Hartley.
#pragma once

#include <cstdint>

#include "operators/sampling/partial_isometry.h"

namespace restore {

class FourierSampling : public PlanewiseIsometry {
 public:
  // `measured`: bool, H x W, frequency 0 in the corner; a frequency is measured where it or its
  // opposite is true. Usage error when the size is not the scene's or nothing is measured.
  FourierSampling(const Shape& scene, const torch::Tensor& measured);

  torch::Tensor V(const torch::Tensor& coefficients) const override;
  torch::Tensor Vt(const torch::Tensor& x) const override;
  torch::Tensor U(const torch::Tensor& coefficients) const override;
  torch::Tensor Ut(const torch::Tensor& y) const override { return U(y); }
  torch::Tensor singular_values() const override;
  // A^T y: zeros for what is not measured.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override { return adjoint(y); }

 private:
  torch::Tensor measured_;  // bool, 1 x 1 x H x W
};

// Patterns, bool, H x W, frequency 0 in the corner. `centre`: the part of each axis around
// frequency 0 that is measured in any case; `fraction`: the probability of every other frequency,
// or row of frequencies.
torch::Tensor random_frequencies(const Shape& scene, double fraction, double centre,
                                 std::uint64_t seed);
torch::Tensor random_lines(const Shape& scene, double fraction, double centre, std::uint64_t seed);
// `spokes` lines through frequency 0 at equal angles.
torch::Tensor radial_frequencies(const Shape& scene, std::int64_t spokes);

}  // namespace restore
