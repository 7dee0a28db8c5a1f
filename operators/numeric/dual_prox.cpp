#include "operators/numeric/dual_prox.h"

#include "operators/numeric/fourier.h"

namespace restore {

torch::Tensor dual_prox(const DualProblem& problem, const torch::Tensor& v, const torch::Tensor& y,
                        double rho) {
  const auto shifted = [&](const torch::Tensor& w) { return problem.gram(w).add_(w, rho); };
  CgOptions options;
  options.tolerance = y.scalar_type() == torch::kFloat64 ? 1e-12 : 1e-5;
  options.max_iterations = 1000;
  options.preconditioner = problem.preconditioner;
  const auto w = conjugate_gradients(shifted, y - problem.apply(v), {}, options).x;
  return v + problem.adjoint(w);
}

LinearMap toeplitz_preconditioner(const torch::Tensor& power, std::int64_t height,
                                  std::int64_t width, double rho) {
  return [inverse = 1 / (power + rho), height, width](const torch::Tensor& r) {
    const auto spectrum = half_spectrum(r, height, width).mul_(inverse);
    const auto full = from_half_spectrum(spectrum, height, width);
    return full.narrow(2, 0, r.size(2)).narrow(3, 0, r.size(3)).contiguous();
  };
}

}  // namespace restore
