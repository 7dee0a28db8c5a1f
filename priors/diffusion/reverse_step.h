// A step of reverse diffusion where x0 is taken for known: what DDIM and most posterior samplers
// do. Song, Meng, Ermon 2021, "Denoising Diffusion Implicit Models",
// https://arxiv.org/abs/2010.02502
#pragma once

#include <torch/types.h>

#include "librestore/core/rng.h"

namespace restore {

// Of x_s given x_t and x0: the part of sigma_s^2 that is fresh, eta^2 sigma_s^2 (1 - sigma_s^2 /
// sigma_t^2). eta = 0 takes none, eta = 1 as much as the forward process.
double fresh_variance(double eta, double sigma_t, double sigma_s);

// x_s ~ q(x_s | x_t, x0 = x0_hat) with the fresh variance v, equation 12:
//   x_s = x0_hat + sqrt(sigma_s^2 - v) (x_t - x0_hat) / sigma_t + sqrt(v) z
torch::Tensor reverse_step(const torch::Tensor& x_t, const torch::Tensor& x0_hat, double sigma_t,
                           double sigma_s, double v, Rng& rng);

}  // namespace restore
