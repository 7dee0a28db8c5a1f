// Kingma, Ba 2015, "Adam: A Method for Stochastic Optimization", https://arxiv.org/abs/1412.6980:
// the direction of a step, for samplers that fit something at every noise level.
#pragma once

#include <cmath>

#include <torch/types.h>

namespace restore {

class Adam {
 public:
  // For parameters of the shape and type of `like`.
  explicit Adam(const torch::Tensor& like)
      : m_(torch::zeros_like(like)), v_(torch::zeros_like(like)) {}

  // m_hat / (sqrt(v_hat) + epsilon) after the gradient g.
  torch::Tensor direction(const torch::Tensor& g) {
    ++t_;
    m_ = kBeta1 * m_ + (1 - kBeta1) * g;
    v_ = kBeta2 * v_ + (1 - kBeta2) * g.square();
    const auto m_hat = m_ / (1 - std::pow(kBeta1, t_)), v_hat = v_ / (1 - std::pow(kBeta2, t_));
    return m_hat / (v_hat.sqrt() + kEpsilon);
  }

 private:
  static constexpr double kBeta1 = 0.9, kBeta2 = 0.99, kEpsilon = 1e-8;

  torch::Tensor m_, v_;
  int t_ = 0;
};

}  // namespace restore
