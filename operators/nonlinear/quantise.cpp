#include "operators/nonlinear/quantise.h"

#include "operators/compose/identity.h"

namespace restore {
namespace {

// Inside a level's cell by this part of it, so that rounding finds the level again.
constexpr double kLevelMargin = 1e-3;

}  // namespace

Quantise::Quantise(const Shape& shape, int bits)
    : Pointwise(shape), step_(1 / (std::exp2(static_cast<double>(bits)) - 1)) {}

std::shared_ptr<const Operator> Quantise::differentiable() const {
  return std::make_shared<Identity>(input_shape());
}

torch::Tensor Quantise::do_apply(const torch::Tensor& x) const {
  return step_ * (x / step_).round();
}

torch::Tensor Quantise::do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const {
  const double half = (0.5 - kLevelMargin) * step_;
  // The point of a level's cell that is nearest to v.
  const auto nearest = [&](const torch::Tensor& level) {
    return torch::minimum(torch::maximum(v, level - half), level + half);
  };
  const auto energy = [&](const torch::Tensor& x) {
    return (do_apply(x) - y).square() + rho * (x - v).square();
  };
  auto best = v, least = energy(v);
  // The level of y, and the one that is cheapest with x at its cell's edge towards v:
  // argmin_l (l - y)^2 + rho (v -+ half - l)^2
  const auto edge = v - half * (v - y).sign();
  for (const auto& x : {nearest(do_apply(y)), nearest(do_apply((y + rho * edge) / (1 + rho)))}) {
    const auto now = energy(x);
    best = torch::where(now < least, x, best);
    least = torch::minimum(now, least);
  }
  return best;
}

}  // namespace restore
