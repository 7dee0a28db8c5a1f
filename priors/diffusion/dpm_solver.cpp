#include "priors/diffusion/dpm_solver.h"

namespace restore {

torch::Tensor DpmSolver::descend(const std::vector<double>& sigmas, torch::Tensor x,
                                 Walk& walk) const {
  torch::Tensor previous;
  double h_previous = 0;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma_t = sigmas[i], sigma_s = sigmas[i + 1];
    const auto x0_hat = walk.denoise(x, sigma_t);
    // h = lambda_s - lambda_t, infinite in the step to 0, where x_s = x0_hat
    const double h = std::log(sigma_t / sigma_s);
    auto D = x0_hat;
    if (previous.defined() && sigma_s > 0) {
      // D = (1 + 1 / 2r) D_t - 1 / 2r D_previous,  r = h_previous / h
      const double r = h_previous / h;
      D = (1 + 0.5 / r) * x0_hat - 0.5 / r * previous;
    }
    // x_s = sigma_s / sigma_t x_t - (e^-h - 1) D,  e^-h = sigma_s / sigma_t
    x = sigma_s / sigma_t * x + (1 - sigma_s / sigma_t) * D;
    previous = x0_hat;
    h_previous = h;
    if (!walk.proceed(x0_hat, sigma_t)) return x0_hat;
  }
  return x;
}

}  // namespace restore
