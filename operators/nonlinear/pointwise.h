// Operators that act on every value by itself: y = f(x), J diagonal.
//
// The prox has one unknown a value, argmin_x 1/2 (f(x) - y)^2 + rho/2 (x - v)^2, and f' is at hand:
// a few damped Gauss-Newton steps from v and from where f(x) = y, of which the better end counts.
#pragma once

#include "librestore/model/operator.h"

namespace restore {

class Pointwise : public Operator {
 public:
  // A picture that f maps to y as nearly as it can.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;

 protected:
  explicit Pointwise(const Shape& shape) : Operator(shape, shape) {}

  // f'(x), or that of differentiable(), the shape of x; f is do_apply.
  virtual torch::Tensor slope(const torch::Tensor& x) const = 0;
  // x with f(x) = y where there is one, else with f(x) near y.
  virtual torch::Tensor inverse(const torch::Tensor& y) const = 0;

 private:
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const final;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;
};

}  // namespace restore
