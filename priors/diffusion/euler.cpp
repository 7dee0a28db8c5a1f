#include "priors/diffusion/euler.h"

namespace restore {

const Parameters<ChurnOptions>& Euler::parameters() {
  static const auto table = churn_parameters<ChurnOptions>();
  return table;
}

torch::Tensor Euler::descend(const std::vector<double>& sigmas, torch::Tensor x, Walk& walk) const {
  const std::size_t steps = sigmas.size() - 1;
  for (std::size_t i = 0; i < steps; ++i) {
    const auto [x_hat, sigma_hat] = churn(options_, x, sigmas[i], steps, walk);
    const auto x0_hat = walk.denoise(x_hat, sigma_hat);
    // d = (x_hat - D(x_hat, sigma_hat)) / sigma_hat
    const auto d = (x_hat - x0_hat) / sigma_hat;
    // x_s = x_hat + (sigma_s - sigma_hat) d
    x = x_hat + (sigmas[i + 1] - sigma_hat) * d;
    if (!walk.proceed(x0_hat, sigmas[i])) return x0_hat;
  }
  return x;
}

}  // namespace restore
