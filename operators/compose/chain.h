// A(x) = A_n(... A_2(A_1(x))), any of them not linear: the scene passes through A_1 first.
//
//   J(x)^T v = J_1^T ... J_n^T v, each at what its operator is given
#pragma once

#include "operators/compose/joined.h"

namespace restore {

class Chain : public Joined<Operator> {
 public:
  using Joined::Joined;

  // The chain of theirs. Behind an operator that rounds, vjp is taken where the rounded values are.
  std::shared_ptr<const Operator> differentiable() const override;

 private:
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override;
};

}  // namespace restore
