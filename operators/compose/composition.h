// A = A_n ... A_2 A_1: the scene passes through A_1 first.
#pragma once

#include <memory>
#include <vector>

#include "librestore/model/linear_operator.h"

namespace restore {

// Numbers in a picture up to which bidiagonalisation costs little.
inline constexpr std::int64_t kSmallPicture = 1 << 15;

class Composition : public LinearOperator {
 public:
  // In the order in which they act; at least one. Usage error when a shape does not fit the next.
  explicit Composition(std::vector<std::shared_ptr<const LinearOperator>> operators);

  // By bidiagonalisation on small pictures; beyond that the product of the norms, which bounds it.
  double norm() const override;
  // Each operator's own estimate, last to first.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;

  std::vector<std::shared_ptr<const LinearOperator>> operators_;
};

}  // namespace restore
