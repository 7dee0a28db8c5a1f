#include "operators/compose/composition.h"

#include <ranges>

#include "operators/compose/joined.h"

namespace restore {

Composition::Composition(std::vector<std::shared_ptr<const LinearOperator>> operators)
    : LinearOperator(operators.front()->input_shape(), operators.back()->output_shape()),
      operators_(std::move(operators)) {
  check_joined(operators_);
}

torch::Tensor Composition::do_apply(const torch::Tensor& x) const {
  auto z = x;
  for (const auto& A : operators_) z = A->apply(z);
  return z;
}

torch::Tensor Composition::do_adjoint(const torch::Tensor& y) const {
  auto z = y;
  for (const auto& A : operators_ | std::views::reverse) z = A->adjoint(z);
  return z;
}

double Composition::norm() const {
  if (input_shape().numel() <= kSmallPicture) return LinearOperator::norm();
  double bound = 1;
  for (const auto& A : operators_) bound *= A->norm();
  return bound;
}

torch::Tensor Composition::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  auto z = y;
  for (const auto& A : operators_ | std::views::reverse) z = A->initial_estimate(z);
  return z;
}

Window Composition::scene_window(const Window& seen) const {
  Window window = seen;
  for (const auto& A : operators_ | std::views::reverse) window = A->scene_window(window);
  return window;
}

}  // namespace restore
