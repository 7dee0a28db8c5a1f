#include "operators/compose/chain.h"

namespace restore {

torch::Tensor Chain::do_vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  std::vector<torch::Tensor> given{x};
  for (std::size_t i = 0; i + 1 < operators_.size(); ++i)
    given.push_back(operators_[i]->apply(given.back()));
  auto pulled = v;
  for (std::size_t i = operators_.size(); i-- > 0;) pulled = operators_[i]->vjp(given[i], pulled);
  return pulled;
}

std::shared_ptr<const Operator> Chain::differentiable() const {
  auto smooth = differentiable_ones(operators_);
  return smooth.empty() ? nullptr : std::make_shared<Chain>(std::move(smooth));
}

}  // namespace restore
