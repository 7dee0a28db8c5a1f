#include "priors/diffusion/predictor_corrector.h"

namespace restore {

const Parameters<PredictorCorrectorOptions>& PredictorCorrector::parameters() {
  static const Parameters<PredictorCorrectorOptions> table{
      {{"corrections", "", 0, 1e5, "Langevin steps at a level"},
       &PredictorCorrectorOptions::corrections},
      {{"r", "", 1e-4, 1, "their signal-to-noise ratio"}, &PredictorCorrectorOptions::r},
  };
  return table;
}

torch::Tensor PredictorCorrector::descend(const std::vector<double>& sigmas, torch::Tensor x,
                                          Walk& walk) const {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma_t = sigmas[i], sigma_s = sigmas[i + 1];
    const double removed = sigma_t * sigma_t - sigma_s * sigma_s;
    const auto x0_hat = walk.denoise(x, sigma_t);
    // x_s = x_t + (sigma_t^2 - sigma_s^2) s(x_t, sigma_t) + sqrt(sigma_t^2 - sigma_s^2) z
    x = x + removed / (sigma_t * sigma_t) * (x0_hat - x);
    if (sigma_s > 0) x = x + std::sqrt(removed) * walk.noise(x);
    for (int k = 0; k < options_.corrections && sigma_s > 0; ++k) {
      // x <- x + e s(x, sigma_s) + sqrt(2 e) z,  e = 2 r^2 sigma_s^2
      const double e = 2 * options_.r * options_.r;
      x = x + e * (walk.denoise(x, sigma_s) - x);
      x = x + std::sqrt(2 * e) * sigma_s * walk.noise(x);
    }
    if (!walk.proceed(x0_hat, sigma_t)) return x0_hat;
  }
  return x;
}

}  // namespace restore
