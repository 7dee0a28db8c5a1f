// A(x) = A_n(... A_2(A_1(x))), any of them not linear: the scene passes through A_1 first.
//
//   J(x)^T v = J_1^T ... J_n^T v, each at what its operator is given
#pragma once

#include <memory>
#include <vector>

#include "librestore/model/operator.h"

namespace restore {

class Chain : public Operator {
 public:
  // In the order in which they act; at least one. Usage error when a shape does not fit the next.
  explicit Chain(std::vector<std::shared_ptr<const Operator>> operators);

  // The product of the norms, which bounds it.
  double norm() const override;
  // Each operator's own estimate, last to first.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;
  // The chain of theirs. Behind an operator that rounds, vjp is taken where the rounded values are.
  std::shared_ptr<const Operator> differentiable() const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override;

  std::vector<std::shared_ptr<const Operator>> operators_;
};

}  // namespace restore
