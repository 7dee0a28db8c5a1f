#include "priors/diffusion/churn.h"

#include <numbers>

namespace restore {

Churned churn(const ChurnOptions& options, const torch::Tensor& x, double sigma_t,
              std::size_t steps, Walk& walk) {
  const bool churned = options.S_min <= sigma_t && sigma_t <= options.S_max;
  const double gamma =
      churned ? std::min(options.S_churn / static_cast<double>(steps), std::numbers::sqrt2 - 1) : 0;
  if (gamma == 0) return {x, sigma_t};
  const double sigma_hat = (1 + gamma) * sigma_t;
  const double added = std::sqrt(sigma_hat * sigma_hat - sigma_t * sigma_t);
  return {x + options.S_noise * added * walk.noise(x), sigma_hat};
}

}  // namespace restore
