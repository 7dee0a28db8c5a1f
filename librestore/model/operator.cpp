#include "librestore/model/operator.h"

#include "librestore/core/error.h"
#include "librestore/linalg/inner_product.h"

namespace restore {
namespace {

constexpr int kDescentSteps = 30;
// A gradient that has fallen to this part of the first one moves nothing that could be seen.
constexpr double kFlat = 1e-4;

}  // namespace

void check_shape(const torch::Tensor& x, const Shape& shape, const char* what) {
  if (x.dim() == 4 && shape_of(x) == shape) return;
  std::string sizes;
  for (const auto size : x.sizes()) sizes += fmt::format("{}{}", sizes.empty() ? "" : "x", size);
  throw usage_error("{}: expected a batch of {} (channels x height x width), got {}", what,
                    shape.to_string(), sizes);
}

torch::Tensor Operator::apply(const torch::Tensor& x) const {
  check_shape(x, input_shape_, "operator input");
  return do_apply(x);
}

torch::Tensor Operator::vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  check_shape(x, input_shape_, "operator input");
  check_shape(v, output_shape_, "operator output");
  return do_vjp(x, v);
}

torch::Tensor Operator::prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const {
  check_shape(v, input_shape_, "prox centre");
  check_shape(y, output_shape_, "operator output");
  if (!(rho > 0)) throw usage_error("prox: rho must be positive, got {}", rho);
  return do_prox(v, y, rho);
}

torch::Tensor Operator::do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const {
  const auto energy = [&](const torch::Tensor& x, const torch::Tensor& r) {
    return squared_norm(r) + rho * squared_norm(x - v);
  };
  // 1 / L, L the gradient's Lipschitz constant: short, but sure.
  const double shortest = 1 / (norm() * norm() + rho);
  auto x = v, r = do_apply(x) - y;
  auto best = x, least = energy(x, r);
  const auto first = least;
  torch::Tensor x_before, g_before, steepest;
  for (int k = 0; k < kDescentSteps; ++k) {
    // g = J(x)^T (A(x) - y) + rho (x - v)
    const auto g = do_vjp(x, r) + rho * (x - v);
    const auto slope = squared_norm(g);
    if (k == 0) steepest = slope;
    if ((slope <= kFlat * kFlat * steepest).all().item<bool>()) break;
    auto step = torch::full_like(slope, shortest);
    if (k > 0) {
      // <s, s> / <s, d>, s and d the last moves of x and g
      const auto s = x - x_before, d = g - g_before;
      const auto sd = inner_product(s, d);
      step = torch::where(sd > 0, squared_norm(s) / sd.clamp_min(1e-300), step);
      step = step.clamp(shortest, 1 / rho);
    }
    // An item that has arrived does not move on with the others.
    step = torch::where(slope <= kFlat * kFlat * steepest, torch::zeros_like(step), step);
    x_before = x;
    g_before = g;
    x = x - step.to(x.scalar_type()) * g;
    r = do_apply(x) - y;
    const auto now = energy(x, r);
    best = torch::where(now < least, x, best);
    least = torch::minimum(now, least);
    // A step that has lost all that was won goes back to the best.
    const auto lost = now.isfinite().logical_not().logical_or(now > first);
    if (!lost.any().item<bool>()) continue;
    x = torch::where(lost, best, x);
    r = do_apply(x) - y;
  }
  return best;
}

}  // namespace restore
