#include "priors/diffusion/ddpm.h"

namespace restore {

torch::Tensor Ddpm::descend(const std::vector<double>& sigmas, torch::Tensor x, Walk& walk) const {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma_t = sigmas[i], sigma_s = sigmas[i + 1];
    const double ratio = sigma_s * sigma_s / (sigma_t * sigma_t);
    const auto x0_hat = walk.denoise(x, sigma_t);
    // x_s = x0 + (sigma_s^2 / sigma_t^2) (x_t - x0) + sigma_s sqrt(1 - sigma_s^2 / sigma_t^2) z
    x = x0_hat + ratio * (x - x0_hat);
    if (sigma_s > 0) x = x + sigma_s * std::sqrt(1 - ratio) * walk.noise(x);
    if (!walk.proceed(x0_hat, sigma_t)) return x0_hat;
  }
  return x;
}

}  // namespace restore
