#include "priors/diffusion/ddim.h"

#include "priors/diffusion/reverse_step.h"

namespace restore {

const Parameters<DdimOptions>& Ddim::parameters() {
  static const Parameters<DdimOptions> table{
      {{"eta", "", 0, 1, "share of fresh noise in a step, 0 for none"}, &DdimOptions::eta},
  };
  return table;
}

torch::Tensor Ddim::descend(const std::vector<double>& sigmas, torch::Tensor x, Walk& walk) const {
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma_t = sigmas[i], sigma_s = sigmas[i + 1];
    const auto x0_hat = walk.denoise(x, sigma_t);
    const double v = fresh_variance(options_.eta, sigma_t, sigma_s);
    x = reverse_step(x, x0_hat, sigma_t, sigma_s, v, walk.rng());
    if (!walk.proceed(x0_hat, sigma_t)) return x0_hat;
  }
  return x;
}

}  // namespace restore
