#include "operators/nonlinear/pointwise.h"

namespace restore {
namespace {

constexpr int kNewtonSteps = 12;

}  // namespace

torch::Tensor Pointwise::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return inverse(y);
}

torch::Tensor Pointwise::do_vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  return slope(x) * v;
}

torch::Tensor Pointwise::do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const {
  const auto energy = [&](const torch::Tensor& x) {
    return (do_apply(x) - y).square() + rho * (x - v).square();
  };
  auto best = v, least = energy(v);
  for (auto x : {v, inverse(y)}) {
    for (int k = 0; k < kNewtonSteps; ++k) {
      // x <- x - (f' (f - y) + rho (x - v)) / (f'^2 + rho)
      const auto d = slope(x);
      x = x - (d * (do_apply(x) - y) + rho * (x - v)) / (d.square() + rho);
      const auto now = energy(x);
      const auto better = now < least;
      best = torch::where(better, x, best);
      least = torch::where(better, now, least);
      // What the step has overshot is sought half-way back.
      x = torch::where(better, x, (x + best) / 2);
    }
  }
  return best;
}

}  // namespace restore
