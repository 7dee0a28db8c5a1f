// Several measurements of one scene, A(x) = (A_1(x), A_2(x), ...): a burst, frames for
// super-resolution, exposures.
//
// The measurements lie below each other in one picture, like the frames of a film: equal channels
// and widths, heights may differ.
//
//   J^T v = sum_i J_i^T v_i
#pragma once

#include <memory>
#include <vector>

#include "librestore/model/linear_operator.h"

namespace restore {

template <typename Rung>
class Stacked : public Rung {
 public:
  // At least one. Usage error when the scenes differ, or the channels or widths of the
  // measurements.
  explicit Stacked(std::vector<std::shared_ptr<const Rung>> operators);

  // (sum ||A_i||^2)^(1/2), which bounds it.
  double norm() const override;
  // The mean of the operators' own estimates.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  // What the first measurement shows.
  Window scene_window(const Window& seen) const override;

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override;

  std::vector<std::shared_ptr<const Rung>> operators_;
};

extern template class Stacked<Operator>;
extern template class Stacked<LinearOperator>;

class Stack : public Stacked<Operator> {
 public:
  using Stacked::Stacked;

  std::shared_ptr<const Operator> differentiable() const override;

 private:
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override;
};

class LinearStack : public Stacked<LinearOperator> {
 public:
  using Stacked::Stacked;

  // By bidiagonalisation on small pictures; beyond that the bound.
  double norm() const override;

 private:
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
};

}  // namespace restore
