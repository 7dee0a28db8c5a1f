// What chains of operators share, linear or not: the scene passes through A_1 first.
#pragma once

#include <memory>
#include <vector>

#include "librestore/model/linear_operator.h"

namespace restore {

template <typename Rung>
class Joined : public Rung {
 public:
  // In the order in which they act; at least one. Usage error when a shape does not fit the next.
  explicit Joined(std::vector<std::shared_ptr<const Rung>> operators);

  // The product of the norms, which bounds it.
  double norm() const override;
  // Each operator's own estimate, last to first.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override;

  std::vector<std::shared_ptr<const Rung>> operators_;
};

extern template class Joined<Operator>;
extern template class Joined<LinearOperator>;

// The operators, each that rounds as its differentiable(); none where no one does.
std::vector<std::shared_ptr<const Operator>> differentiable_ones(
    std::vector<std::shared_ptr<const Operator>> operators);

}  // namespace restore
