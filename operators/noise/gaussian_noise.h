// y = z + sigma n, n ~ N(0, I); sigma one number, one a channel, or one a pixel.
#pragma once

#include "librestore/model/noise_model.h"

namespace restore {

class GaussianNoise : public NoiseModel {
 public:
  // sigma >= 0 in [0,1] units; usage error otherwise. Without noise (0) there is no likelihood:
  // negative_log_likelihood and gradient are usage errors then.
  explicit GaussianNoise(double sigma);
  // 1 x C x H x W, or 1 in place of any of C, H, W for what does not vary there. `description` is
  // what describe() answers. Pictures of another size are usage errors of the functions below.
  GaussianNoise(const torch::Tensor& sigma, std::string description);

  // z + sigma n with n = randn_like(rng, z): one step of the stream.
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override;
  // sum (y - z)^2 / (2 sigma^2)
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override;
  // (z - y) / sigma^2
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override;
  // sigma^2, the shape of sigma
  torch::Tensor variance(const torch::Tensor& z) const override;
  std::shared_ptr<const NoiseModel> part(const Window& window, const Shape& whole) const override;
  // sqrt(mean sigma^2)
  double sigma() const override { return root_mean_variance_; }
  bool is_white() const override { return sigma_.numel() == 1; }
  std::int64_t held_bytes() const override { return static_cast<std::int64_t>(sigma_.nbytes()); }
  // A single number in as many digits as it takes.
  std::string describe() const override { return description_; }

 private:
  // Usage error when it is not for measurements of this shape.
  void check_fits(const Shape& shape) const;
  // sigma in the type of z; usage error when it does not fit.
  torch::Tensor sigma_for(const torch::Tensor& z) const;
  torch::Tensor positive_variance(const torch::Tensor& z) const;

  torch::Tensor sigma_;  // as it was given: a map is as large as a picture
  double root_mean_variance_;
  std::string description_;
};

}  // namespace restore
