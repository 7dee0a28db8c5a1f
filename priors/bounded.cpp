// Chan, Wang, Elgendy 2017, "Plug-and-Play ADMM for image restoration: fixed-point convergence and
// applications", https://arxiv.org/abs/1605.01710
#include "priors/bounded.h"

#include <cmath>

namespace restore {

torch::Tensor Bounded::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x.clone();
  const auto r = inner()->denoise(x, sigma) - x;
  // ||r|| / sqrt(n), N x 1 x 1 x 1
  const auto rms = r.square().mean({1, 2, 3}, /*keepdim=*/true).sqrt();
  return x + r * (kC * sigma / rms.clamp_min(1e-30)).clamp_max(1);
}

}  // namespace restore
