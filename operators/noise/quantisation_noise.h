// Rounding to n bits with dither: y is one of the two levels around z, step = 1 / (2^bits - 1),
//
//   P(y | z) = 1 - |y - z| / step   for |y - z| < step.
//
// Without dither (plain rounding) the error is a function of z, and no noise with mean 0.
#pragma once

#include "librestore/model/noise_model.h"

namespace restore {

class QuantisationNoise : public NoiseModel {
 public:
  // 1 to 16 bits.
  explicit QuantisationNoise(int bits);

  // step floor(z / step + u), u uniform: one step of the stream.
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override;
  // -sum log(1 - |y - z| / step); infinite where y is no level around z.
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override;
  // sign(z - y) / (step - |y - z|); infinite, towards y, where y is no level around z.
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override;
  // step^2 f (1 - f), f the fractional part of z / step.
  torch::Tensor variance(const torch::Tensor& z) const override;
  // step / sqrt(6): the variance varies faster than any grey, so this is its mean over all of them.
  double sigma() const override { return step_ / std::sqrt(6.0); }
  // Levels lie closer than the noise that methods know z by.
  bool is_white() const override { return true; }
  std::string describe() const override;

 private:
  // step - |y - z|, at least 0.
  torch::Tensor remainder(const torch::Tensor& y, const torch::Tensor& z) const;

  int bits_;
  double step_;
};

}  // namespace restore
