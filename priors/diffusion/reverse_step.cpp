#include "priors/diffusion/reverse_step.h"

#include <algorithm>

#include "librestore/model/random.h"

namespace restore {

double fresh_variance(double eta, double sigma_t, double sigma_s) {
  return eta * eta * sigma_s * sigma_s * (1 - sigma_s * sigma_s / (sigma_t * sigma_t));
}

torch::Tensor reverse_step(const torch::Tensor& x_t, const torch::Tensor& x0_hat, double sigma_t,
                           double sigma_s, double v, Rng& rng) {
  const double kept = std::sqrt(std::max(0.0, sigma_s * sigma_s - v)) / sigma_t;
  const auto x_s = x0_hat + kept * (x_t - x0_hat);
  return v > 0 ? x_s + std::sqrt(v) * randn_like(rng, x_s) : x_s;
}

}  // namespace restore
