// A set of pictures as the distribution: its exact MMSE denoiser.
//
//   p(x0) = 1/n sum_i delta(x0 - x_i)
//   D(x, sigma) = sum_i w_i x_i,   w_i = softmax_i(-||x - x_i||^2 / (2 sigma^2))
//   J = dD/dx = (sum_i w_i x_i x_i^T - D D^T) / sigma^2, symmetric
// the "ideal score machine" of Kamb, Ganguli 2025, https://arxiv.org/abs/2412.20292. As sigma falls
// the weights fall on one picture: a sampler with this prior can return the pictures of the set and
// nothing else, whatever its noise. It is the truth that other priors are measured against, and a
// search for the picture that explains a measurement.
#pragma once

#include <torch/types.h>

#include "librestore/model/denoiser.h"

namespace restore {

class Empirical : public MmseDenoiser {
 public:
  // pictures: n x C x H x W, [0,1], n >= 1.
  explicit Empirical(const torch::Tensor& pictures, std::string name = "dataset");

  // x must have the C x H x W of the pictures (usage error); sigma = 0 gives x. Computed in float64
  // in blocks of pictures.
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  Linearization linearize(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return std::nullopt; }
  std::string name() const override { return name_; }

  // w, N x n, float64; sigma > 0.
  torch::Tensor weights(const torch::Tensor& x, double sigma) const;

 private:
  torch::Tensor average(const torch::Tensor& w) const;  // sum_i w_i x_i, N x d, float64

  torch::Tensor pictures_;
  std::string name_;
};

}  // namespace restore
