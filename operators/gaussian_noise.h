// y = z + sigma n, n ~ N(0, I).
#pragma once

#include "librestore/model/noise_model.h"

namespace restore {

class GaussianNoise : public NoiseModel {
 public:
  // sigma >= 0 in [0,1] units; usage error otherwise. Without noise (0) there is no likelihood:
  // negative_log_likelihood and gradient are usage errors then.
  explicit GaussianNoise(double sigma);

  // z + sigma n with n = randn_like(rng, z): one step of the stream.
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override;
  // ||y - z||^2 / (2 sigma^2)
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override;
  // (z - y) / sigma^2
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override;
  // sigma^2, 1 x 1 x 1 x 1
  torch::Tensor variance(const torch::Tensor& z) const override;
  double sigma() const override { return sigma_; }
  // The number, in as many digits as it takes.
  std::string describe() const override;

 private:
  double positive_variance() const;

  double sigma_;
};

}  // namespace restore
