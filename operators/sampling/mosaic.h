// A colour filter array: each pixel of the sensor measures one channel of the scene.
//
//   y(i, j) = x(c(i, j), i, j),   c the channel of the filter over pixel (i, j)
//
// The measurement has one channel and the size of the scene, as raw files have. V = I; s = 1 for
// the channel that is measured at a pixel, 0 for the others. Bayer 1976, US patent 3971065
#pragma once

#include <string>

#include "operators/sampling/partial_isometry.h"

namespace restore {

class Mosaic : public PartialIsometry {
 public:
  // `pattern`: the channels of a 2 x 2 cell, row by row, in letters: rggb, bggr, grbg, gbrg. The
  // scene has 3 channels; usage error otherwise.
  Mosaic(const Shape& scene, const std::string& pattern);

  torch::Tensor V(const torch::Tensor& coefficients) const override { return coefficients; }
  torch::Tensor Vt(const torch::Tensor& x) const override { return x; }
  torch::Tensor U(const torch::Tensor& coefficients) const override;
  torch::Tensor Ut(const torch::Tensor& y) const override;
  torch::Tensor singular_values() const override;
  // Each channel filled in smoothly from its own pixels (operators/sampling/smooth_fill.h).
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;

 private:
  torch::Tensor measured_;  // bool, 1 x 3 x H x W
};

}  // namespace restore
