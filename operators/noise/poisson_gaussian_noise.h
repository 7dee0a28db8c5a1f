// A camera's raw pixel: y = gain k + read n, k ~ Poisson(z / gain), n ~ N(0, 1).
//
// The likelihood is the Gaussian one of the same mean and variance v(z) = gain z + read^2 (Foi,
// Trimeche, Katkovnik, Egiazarian 2008, "Practical Poissonian-Gaussian noise modeling and fitting
// for single-image raw-data", https://doi.org/10.1109/TIP.2008.2001399); the exact one is an
// infinite sum.
#pragma once

#include "librestore/model/noise_model.h"

namespace restore {

class PoissonGaussianNoise : public NoiseModel {
 public:
  // gain > 0 and read > 0 in [0,1] units.
  PoissonGaussianNoise(double gain, double read) : gain_(gain), read_(read) {}

  // The counts first, then n: two steps of the stream. Usage error as check_means() of
  // poisson_noise.h, of exact means.
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override;
  // sum (y - z)^2 / (2 v) + log(v) / 2
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override;
  // (z - y) / v + v' (1 - (y - z)^2 / v) / (2 v), v' = gain where z > 0 and 0 elsewhere
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override;
  // v = gain max(z, 0) + read^2
  torch::Tensor variance(const torch::Tensor& z) const override;
  // Usage error as check_means(), of estimates.
  Whitening whitening(const torch::Tensor& z, double floor) const override;
  double sigma() const override { return std::sqrt(gain_ / 2 + read_ * read_); }
  std::string describe() const override;

 private:
  double gain_, read_;
};

}  // namespace restore
