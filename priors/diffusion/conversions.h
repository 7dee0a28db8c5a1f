// One state x_t = alpha_t x0 + sigma_t eps, and the names the literature has for what a network may
// predict of it. Each is a linear function of x_t and any other: pairs of functions, inverse to
// each other. x_t, x0, eps, v, score: tensors of one shape; sigma_t > 0.
// Part of what the library offers: the tools need only those that read a checkpoint's output.
#pragma once

#include <torch/types.h>

#include "librestore/core/rng.h"
#include "librestore/model/denoiser.h"
#include "priors/diffusion/schedule.h"

namespace restore {

// eps = (x_t - alpha_t x0) / sigma_t
torch::Tensor eps_from_x0(const torch::Tensor& x_t, const torch::Tensor& x0, NoiseLevel t);
torch::Tensor x0_from_eps(const torch::Tensor& x_t, const torch::Tensor& eps, NoiseLevel t);

// v = alpha_t eps - sigma_t x0
// Salimans, Ho 2022, "Progressive Distillation for Fast Sampling of Diffusion Models",
// https://arxiv.org/abs/2202.00512, appendix D
torch::Tensor v_from_x0(const torch::Tensor& x_t, const torch::Tensor& x0, NoiseLevel t);
torch::Tensor x0_from_v(const torch::Tensor& x_t, const torch::Tensor& v, NoiseLevel t);

// grad log p_t(x_t) = (alpha_t x0 - x_t) / sigma_t^2 for x0 = E[x0 | x_t] (Tweedie)
torch::Tensor score_from_x0(const torch::Tensor& x_t, const torch::Tensor& x0, NoiseLevel t);
torch::Tensor x0_from_score(const torch::Tensor& x_t, const torch::Tensor& score, NoiseLevel t);

// x_t / alpha_t = x0 + (sigma_t / alpha_t) eps, the variance-exploding state, and back.
torch::Tensor ve_from_vp(const torch::Tensor& x_t, NoiseLevel t);
torch::Tensor vp_from_ve(const torch::Tensor& x, NoiseLevel t);

// E[x0 | x_t] = D(x_t / alpha_t, sigma_t / alpha_t)
torch::Tensor denoise_at(const Denoiser& D, const torch::Tensor& x_t, NoiseLevel t);

// q(x_t | x0): alpha_t x0 + sigma_t n
torch::Tensor corrupt(const torch::Tensor& x0, NoiseLevel t, Rng& rng);
// q(x_t | x_s), s the level with less noise. As many of these as one likes make one jump from x0.
torch::Tensor corrupt_further(const torch::Tensor& x_s, NoiseLevel s, NoiseLevel t, Rng& rng);

}  // namespace restore
