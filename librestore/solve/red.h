// Regularisation by denoising: gradient descent, the fixed-point iteration, and ADMM.
//
// Romano, Elad, Milanfar 2017, "The little engine that could: Regularization by Denoising (RED)",
//   https://arxiv.org/abs/1611.02862
// What it minimises: Reehorst, Schniter 2019, "Regularization by denoising: clarifications and new
//   interpretations", https://arxiv.org/abs/1806.02296
//
// All three look for the zero of
//   g(x) = J(x)^T (A(x) - y) + rho (x - D(x, sigma)),   rho = lambda sigma_y^2 / sigma^2.
// Where D is homogeneous and its Jacobian symmetric, g is the gradient of
//   E(x) = 1/2 ||A(x) - y||^2 + rho / 2 x^T (x - D(x, sigma)).
// Where D is an MMSE denoiser, (x - D) / sigma^2 is minus the score: with lambda = 1 the zero is
// the MAP estimate for the prior blurred by sigma. sigma is the level at which D is called,
// PriorStep::level() of what was asked for: with any other rho would weigh the score wrongly.
#pragma once

#include <torch/types.h>

#include "librestore/model/measurement.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

// rho
inline double red_weight(const Measurement& measurement, double sigma, double lambda) {
  return lambda * std::pow(floored_sigma(measurement) / sigma, 2);
}

class RedGradient {
 public:
  RedGradient(const Measurement& measurement, double sigma, double lambda)
      : A_(*measurement.A),
        y_(measurement.y),
        sigma_(sigma),
        rho_(red_weight(measurement, sigma, lambda)) {}

  // ||A||^2 + rho: g's Lipschitz constant where the Jacobian of D is symmetric and in [0, I].
  double lipschitz() const { return A_.norm() * A_.norm() + rho_; }
  // g(x)
  torch::Tensor operator()(const torch::Tensor& x, PriorStep& D) const {
    return A_.vjp(x, A_.apply(x) - y_) + rho_ * (x - D(x, sigma_));
  }

 private:
  const Operator& A_;
  torch::Tensor y_;
  double sigma_, rho_;
};

}  // namespace restore
