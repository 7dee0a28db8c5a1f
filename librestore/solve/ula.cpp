// Laumont et al. 2022, "Bayesian imaging using Plug & Play priors: when Langevin meets Tweedie",
// https://arxiv.org/abs/2103.04715
#include "librestore/solve/ula.h"

namespace restore {

const Parameters<LangevinOptions>& Ula::parameters() {
  static const Parameters<LangevinOptions> table{
      {{"iterations", "", 2, 10000000, "steps with burn-in, a denoiser call each"},
       &LangevinOptions::iterations},
      {{"burn_in", "", 0, 0.99, "part of the steps that is not counted"},
       &LangevinOptions::burn_in},
      {{"sigma", "[0,1]", 1e-4, 100, "noise level of the denoiser"}, &LangevinOptions::sigma},
      {{"alpha", "", 0, 1e6, "weight of the prior, 1 for Bayes"}, &LangevinOptions::alpha},
      {{"step", "", 1e-6, 1, "step size in units of the largest stable one"},
       &LangevinOptions::step},
  };
  return table;
}

PosteriorMoments Ula::moments(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                              Observer* observer) const {
  constexpr double kStability = 2;  // of delta L
  const auto kernel = [](const LangevinTarget& target, PriorStep& D, double delta,
                         const torch::Tensor& x, const torch::Tensor& z) {
    // x_{k+1} = x_k + delta grad log p(x_k | y) + sqrt(2 delta) z_k
    return x + delta * target.gradient(x, D) + std::sqrt(2 * delta) * z;
  };
  return sample_langevin("ula", measurement, prior, options_, kStability, kernel, rng, observer);
}

}  // namespace restore
