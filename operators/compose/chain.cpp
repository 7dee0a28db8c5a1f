#include "operators/compose/chain.h"

#include <ranges>

#include "operators/compose/joined.h"

namespace restore {

Chain::Chain(std::vector<std::shared_ptr<const Operator>> operators)
    : Operator(operators.front()->input_shape(), operators.back()->output_shape()),
      operators_(std::move(operators)) {
  check_joined(operators_);
}

torch::Tensor Chain::do_apply(const torch::Tensor& x) const {
  auto z = x;
  for (const auto& A : operators_) z = A->apply(z);
  return z;
}

torch::Tensor Chain::do_vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  std::vector<torch::Tensor> given{x};
  for (std::size_t i = 0; i + 1 < operators_.size(); ++i)
    given.push_back(operators_[i]->apply(given.back()));
  auto pulled = v;
  for (std::size_t i = operators_.size(); i-- > 0;) pulled = operators_[i]->vjp(given[i], pulled);
  return pulled;
}

double Chain::norm() const {
  double bound = 1;
  for (const auto& A : operators_) bound *= A->norm();
  return bound;
}

torch::Tensor Chain::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  auto z = y;
  for (const auto& A : operators_ | std::views::reverse) z = A->initial_estimate(z);
  return z;
}

Window Chain::scene_window(const Window& seen) const {
  Window window = seen;
  for (const auto& A : operators_ | std::views::reverse) window = A->scene_window(window);
  return window;
}

std::shared_ptr<const Operator> Chain::differentiable() const {
  bool rounds = false;
  auto smooth = operators_;
  for (auto& A : smooth) {
    const auto own = A->differentiable();
    rounds |= own != nullptr;
    if (own) A = own;
  }
  return rounds ? std::make_shared<Chain>(std::move(smooth)) : nullptr;
}

}  // namespace restore
