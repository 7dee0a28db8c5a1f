#include "priors/diffusion/annealed_langevin.h"

namespace restore {

const Parameters<AnnealedLangevinOptions>& AnnealedLangevin::parameters() {
  static const Parameters<AnnealedLangevinOptions> table{
      {{"iterations", "", 1, 1e5, "steps of Langevin dynamics at a level"},
       &AnnealedLangevinOptions::iterations},
      {{"step", "", 1e-6, 3, "their size, in units of sigma^2"}, &AnnealedLangevinOptions::step},
  };
  return table;
}

torch::Tensor AnnealedLangevin::descend(const std::vector<double>& sigmas, torch::Tensor x,
                                        Walk& walk) const {
  for (const double sigma : sigmas) {
    if (sigma == 0) return walk.denoise(x, sigmas[sigmas.size() - 2]);
    torch::Tensor x0_hat;
    for (int k = 0; k < options_.iterations; ++k) {
      x0_hat = walk.denoise(x, sigma);
      // a / 2 s = step / 2 (x0_hat - x)
      x = x + options_.step / 2 * (x0_hat - x);
      x = x + std::sqrt(options_.step) * sigma * walk.noise(x);
    }
    if (!walk.proceed(x0_hat, sigma)) return x0_hat;
  }
  return x;
}

}  // namespace restore
