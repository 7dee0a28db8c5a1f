// A denoiser of a denoiser that moves no picture further than the noise can have: the bounded
// denoisers for which plug-and-play converges.
//
// Chan, Wang, Elgendy 2017, "Plug-and-Play ADMM for image restoration: fixed-point convergence and
//   applications", https://arxiv.org/abs/1605.01710
//
//   D_b(x, sigma) = x + min(1, C sigma sqrt(n) / ||r||) r,   r = D(x, sigma) - x
// for each picture of n values, so that ||D_b(x, sigma) - x||^2 / n <= C^2 sigma^2 (the paper's
// Definition 1). White noise has ||r|| = sigma sqrt(n); C = 1.5 leaves a good denoiser of it alone.
#pragma once

#include "librestore/model/denoiser_wrapper.h"

namespace restore {

class Bounded : public DenoiserWrapper {
 public:
  static constexpr double kC = 1.5;

  explicit Bounded(std::shared_ptr<const Denoiser> inner) : DenoiserWrapper(std::move(inner)) {}

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  // ||r|| is that of the whole picture.
  std::optional<int> receptive_field() const override { return std::nullopt; }
  double bytes_per_pixel() const override { return inner()->bytes_per_pixel() + kBytesOfPicture; }
  std::string name() const override { return "bounded:" + inner()->name(); }
  // Measured with the inner prior, not with this one.
  double deviation_scale(const std::string&) const override { return 1; }
};

}  // namespace restore
