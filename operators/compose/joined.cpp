#include "operators/compose/joined.h"

#include <ranges>

#include "librestore/core/error.h"

namespace restore {

template <typename Rung>
Joined<Rung>::Joined(std::vector<std::shared_ptr<const Rung>> operators)
    : Rung(operators.front()->input_shape(), operators.back()->output_shape()),
      operators_(std::move(operators)) {
  for (std::size_t i = 1; i < operators_.size(); ++i)
    if (operators_[i]->input_shape() != operators_[i - 1]->output_shape())
      throw usage_error("operator {} gives {} (channels x height x width), operator {} takes {}", i,
                        operators_[i - 1]->output_shape().to_string(), i + 1,
                        operators_[i]->input_shape().to_string());
}

template <typename Rung>
torch::Tensor Joined<Rung>::do_apply(const torch::Tensor& x) const {
  auto z = x;
  for (const auto& A : operators_) z = A->apply(z);
  return z;
}

template <typename Rung>
double Joined<Rung>::norm() const {
  double bound = 1;
  for (const auto& A : operators_) bound *= A->norm();
  return bound;
}

template <typename Rung>
torch::Tensor Joined<Rung>::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, this->output_shape(), "operator output");
  auto z = y;
  for (const auto& A : operators_ | std::views::reverse) z = A->initial_estimate(z);
  return z;
}

template <typename Rung>
Window Joined<Rung>::scene_window(const Window& seen) const {
  Window window = seen;
  for (const auto& A : operators_ | std::views::reverse) window = A->scene_window(window);
  return window;
}

template class Joined<Operator>;
template class Joined<LinearOperator>;

std::vector<std::shared_ptr<const Operator>> differentiable_ones(
    std::vector<std::shared_ptr<const Operator>> operators) {
  bool rounds = false;
  for (auto& A : operators) {
    const auto own = A->differentiable();
    rounds |= own != nullptr;
    if (own) A = own;
  }
  if (!rounds) operators.clear();
  return operators;
}

}  // namespace restore
