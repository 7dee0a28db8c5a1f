#include "priors/diffusion/ddim.h"

namespace restore {

const Parameters<DdimOptions>& Ddim::parameters() {
  static const Parameters<DdimOptions> table{
      {{"eta", "", 0, 1, "share of fresh noise in a step, 0 for none"}, &DdimOptions::eta},
  };
  return table;
}

torch::Tensor Ddim::descend(const std::vector<double>& sigmas, torch::Tensor x, Walk& walk) const {
  const double eta = options_.eta;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma_t = sigmas[i], sigma_s = sigmas[i + 1];
    const double ratio = sigma_s * sigma_s / (sigma_t * sigma_t);
    const auto x0_hat = walk.denoise(x, sigma_t);
    // n_hat = (x_t - x0) / sigma_t,  v = eta^2 sigma_s^2 (1 - sigma_s^2 / sigma_t^2)
    const auto n_hat = (x - x0_hat) / sigma_t;
    const double v = eta * eta * sigma_s * sigma_s * (1 - ratio);
    // x_s = x0 + sqrt(sigma_s^2 - v) n_hat + sqrt(v) z
    x = x0_hat + std::sqrt(sigma_s * sigma_s - v) * n_hat;
    if (v > 0) x = x + std::sqrt(v) * walk.noise(x);
    if (!walk.proceed(x0_hat, sigma_t)) return x0_hat;
  }
  return x;
}

}  // namespace restore
