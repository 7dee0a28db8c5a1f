// Anscombe 1948, "The transformation of Poisson, binomial and negative-binomial data",
// https://doi.org/10.1093/biomet/35.3-4.246
#include "priors/anscombe.h"

#include <algorithm>
#include <cmath>

namespace restore {

torch::Tensor anscombe_forward(const torch::Tensor& k) {
  return 2 * (k + 3.0 / 8).clamp_min(0).sqrt();
}

torch::Tensor anscombe_inverse(const torch::Tensor& f) {
  const double least = 2 * std::sqrt(3.0 / 8), root = std::sqrt(1.5);
  const auto w = 1 / f.clamp_min(least);
  // I(f) = f^2/4 + sqrt(3/2)/4 f^-1 - 11/8 f^-2 + 5 sqrt(3/2)/8 f^-3 - 1/8
  const auto mean = 1 / (4 * w * w) + w * (root / 4 + w * (-11.0 / 8 + w * (5 * root / 8))) - 0.125;
  return mean.clamp_min(0);
}

SigmaRange Anscombe::sigma_range() const {
  // tau solved for sigma: 1 / g = 1 / (4 tau^2) + sqrt(3/8) / tau,  sigma^2 = g / 2
  const auto level = [](double tau) {
    return std::sqrt(2 / (1 / (tau * tau) + 4 * std::sqrt(3.0 / 8) / tau));
  };
  const auto range = inner()->sigma_range();
  return {level(range.minimum), level(range.maximum)};
}

torch::Tensor Anscombe::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x.clone();
  const double g = 2 * sigma * sigma;
  const double least = 2 * std::sqrt(3.0 / 8), range = 2 * std::sqrt(1 / g + 3.0 / 8) - least;
  const auto t = (anscombe_forward(x / g) - least) / range;
  // Rounding must not leave the prior's range.
  const auto [lowest, highest] = inner()->sigma_range();
  const double tau = std::clamp(1 / range, lowest, highest);
  return g * anscombe_inverse(inner()->denoise(t, tau) * range + least);
}

}  // namespace restore
