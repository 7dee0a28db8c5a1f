// Missing pixels: y = m * x with m in {0, 1}, 0 where the pixel is missing. y has the size of x and
// holds 0 there.
//
//   V = U = I,  s = m,  A^+ = A^T = A
//   prox: x = (y + rho v) / (1 + rho) where m = 1, v elsewhere
#pragma once

#include "operators/sampling/partial_isometry.h"

namespace restore {

class Mask : public PartialIsometry {
 public:
  // `missing`: bool, 1 x 1 x H x W or 1 x C x H x W, true where the pixel is to be filled in. Usage
  // error when its size is not the picture's or nothing is left to see.
  Mask(const Shape& shape, const torch::Tensor& missing);

  torch::Tensor V(const torch::Tensor& coefficients) const override { return coefficients; }
  torch::Tensor Vt(const torch::Tensor& x) const override { return x; }
  torch::Tensor U(const torch::Tensor& coefficients) const override { return coefficients; }
  torch::Tensor Ut(const torch::Tensor& y) const override { return y; }
  torch::Tensor singular_values() const override;
  // The missing pixels filled in smoothly from around them (operators/sampling/smooth_fill.h).
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;

  torch::Tensor missing_;
};

}  // namespace restore
