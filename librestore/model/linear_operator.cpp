#include "librestore/model/linear_operator.h"

#include "librestore/core/error.h"
#include "librestore/linalg/bidiagonalisation.h"
#include "librestore/model/random.h"

namespace restore {
namespace {

// Numbers in a scene up to which the norm is found in float64; beyond, to some 1e-4.
constexpr std::int64_t kExactNorm = 1 << 16;

// CG stops where float32 rounding would stop it anyway, and goes on to 1e-12 in float64.
double cg_tolerance(const torch::Tensor& x) {
  return x.scalar_type() == torch::kFloat64 ? 1e-12 : 1e-6;
}

}  // namespace

torch::Tensor LinearOperator::adjoint(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return do_adjoint(y);
}

torch::Tensor LinearOperator::pseudo_inverse(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return do_pseudo_inverse(y);
}

double LinearOperator::norm() const {
  std::call_once(norm_once_, [&] {
    const bool large = input_shape().numel() > kExactNorm;
    Rng rng(0x9d2c5680);
    const auto start = rand(rng, input_shape(), 1, large ? torch::kFloat32 : torch::kFloat64);
    norm_ = largest_singular_value([&](const torch::Tensor& x) { return do_apply(x); },
                                   [&](const torch::Tensor& y) { return do_adjoint(y); }, start,
                                   {.tolerance = large ? 1e-5 : 1e-8});
  });
  return norm_;
}

torch::Tensor LinearOperator::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  // A^T y / A^T 1, the average of the measurements that a pixel took part in.
  const auto weight = do_adjoint(torch::ones(output_shape().batch(1), y.options()));
  const auto covered = weight > 1e-3;
  return torch::where(covered, do_adjoint(y) / torch::where(covered, weight, 1.0),
                      y.mean({1, 2, 3}, /*keepdim=*/true));
}

torch::Tensor LinearOperator::do_pseudo_inverse(const torch::Tensor& y) const {
  // CG on A^T A x = A^T y from zero stays in the range of A^T: it finds the solution of least norm.
  const auto normal = [&](const torch::Tensor& x) { return do_adjoint(do_apply(x)); };
  CgOptions options;
  options.tolerance = cg_tolerance(y);
  options.max_iterations = 1000;
  return conjugate_gradients(normal, do_adjoint(y), {}, options).x;
}

torch::Tensor LinearOperator::do_prox(const torch::Tensor& v, const torch::Tensor& y,
                                      double rho) const {
  // (A^T A + rho I) d = A^T(y - A v),  x = v + d: solving for the step d makes the stop relative to
  // it.
  const auto shifted = [&](const torch::Tensor& x) { return do_adjoint(do_apply(x)) + rho * x; };
  CgOptions options;
  options.tolerance = cg_tolerance(y);
  options.max_iterations = 1000;
  options.preconditioner = prox_preconditioner(rho);
  return v + conjugate_gradients(shifted, do_adjoint(y - do_apply(v)), {}, options).x;
}

LinearMap LinearOperator::prox_preconditioner(double) const { return {}; }

torch::Tensor LinearOperator::do_vjp(const torch::Tensor&, const torch::Tensor& v) const {
  return do_adjoint(v);
}

}  // namespace restore
