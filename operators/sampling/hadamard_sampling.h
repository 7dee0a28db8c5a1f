// Compressed sensing by a randomised Walsh-Hadamard transform, each channel by itself:
//
//   y = S H D x
//
// D flips the sign of pixels at random, H is the orthonormal transform over the pixels in their
// order (operators/numeric/hadamard.h), S keeps coefficients at random, in their order. V = D H.
// Every coefficient sees all of the pixels (all of its power of two) and has the size of a pixel.
// Do, Gan, Nguyen, Tran 2012, "Fast and efficient compressive sensing using structurally random
// matrices"; https://doi.org/10.1109/TSP.2011.2170977
#pragma once

#include <cstdint>

#include "operators/sampling/partial_isometry.h"

namespace restore {

class HadamardSampling : public PlanewiseIsometry {
 public:
  // Keeps rows * W coefficients of each channel and gives them as a picture of rows x W; 1 <= rows
  // <= H.
  HadamardSampling(const Shape& scene, std::int64_t rows, std::uint64_t seed);

  torch::Tensor V(const torch::Tensor& coefficients) const override;
  torch::Tensor Vt(const torch::Tensor& x) const override;
  torch::Tensor U(const torch::Tensor& coefficients) const override;
  torch::Tensor Ut(const torch::Tensor& y) const override;
  torch::Tensor singular_values() const override;
  // A^T y H / rows: unbiased over the choice of coefficients.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;

 private:
  torch::Tensor flipped_;  // bool, 1 x 1 x H x W
  torch::Tensor kept_;     // int64, rows * W indices below H * W, rising
};

}  // namespace restore
