// A denoiser of Poisson noise made of one of Gaussian noise: the square root makes all counts
// equally noisy.
//
// Anscombe 1948, "The transformation of Poisson, binomial and negative-binomial data",
//   https://doi.org/10.1093/biomet/35.3-4.246
// Makitalo, Foi 2011, "A closed-form approximation of the exact unbiased inverse of the Anscombe
//   variance-stabilizing transformation", https://doi.org/10.1109/TIP.2011.2121085
//
// sigma is the noise at mid-grey: x = g k, k ~ Poisson(x0 / g) with g = 2 sigma^2, so that
// Var(x) = g x0 is sigma^2 where x0 = 1/2.
//   f(k) = 2 sqrt(k + 3/8), of variance 1 nearly;  t = (f - f(0)) / (f(1/g) - f(0)), in [0,1]
//   D_A(x, sigma) = g I(f),  f from D(t, tau),  tau = 1 / (f(1/g) - f(0))
//   I(f) = f^2/4 + sqrt(3/2)/4 f^-1 - 11/8 f^-2 + 5 sqrt(3/2)/8 f^-3 - 1/8
// I is the inverse of the mean, E[f(k)] -> E[k]; f's own is not, for f bends.
#pragma once

#include "librestore/model/denoiser_wrapper.h"

namespace restore {

class Anscombe : public DenoiserWrapper {
 public:
  explicit Anscombe(std::shared_ptr<const Denoiser> inner) : DenoiserWrapper(std::move(inner)) {}

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  // t, and D of it.
  double bytes_per_pixel() const override {
    return inner()->bytes_per_pixel() + 2 * kBytesOfPicture;
  }
  // The levels at mid-grey for which D is called at those of its own range.
  SigmaRange sigma_range() const override;
  std::string name() const override { return "anscombe:" + inner()->name(); }
  // Measured with the inner prior, not with this one.
  double deviation_scale(const std::string&) const override { return 1; }
};

// f(k), k >= -3/8 (smaller ones count as that); and I(f), 0 for f <= f(0).
torch::Tensor anscombe_forward(const torch::Tensor& k);
torch::Tensor anscombe_inverse(const torch::Tensor& f);

}  // namespace restore
