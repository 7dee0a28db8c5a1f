// Rounding to n bits: y = step round(x / step), step = 1 / (2^bits - 1).
//
// y is flat in x almost everywhere, so vjp passes v straight through, as if y = x. The prox looks
// for the nearest point of the cell that y rounds: every x in it explains y as well.
#pragma once

#include "operators/nonlinear/pointwise.h"

namespace restore {

class Quantise : public Pointwise {
 public:
  // 1 to 16 bits.
  Quantise(const Shape& shape, int bits);
  double norm() const override { return 1; }
  // y = x
  std::shared_ptr<const Operator> differentiable() const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor slope(const torch::Tensor& x) const override { return torch::ones_like(x); }
  torch::Tensor inverse(const torch::Tensor& y) const override { return y.clone(); }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;

  double step_;
};

}  // namespace restore
