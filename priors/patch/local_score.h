// The equivariant local score machine: the best denoiser that sees a window and knows no position.
//
// Kamb, Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models",
//   https://arxiv.org/abs/2412.20292 (equation 7; its borders in appendix A)
//
//   D(x, sigma)[q] = sum_k w_k(q) c_k,   w_k(q) = softmax_k(-||x[W(q)] - P_k||^2 / (2 sigma^2))
// W(q): the p x p window around pixel q; P_k: the patches, from every position of the pictures that
// the prior is made of; c_k: the pixel in the middle of P_k. A window that the frame cuts is
// compared over what is left of it.
#pragma once

#include <torch/types.h>

namespace restore {

// All p x p patches of a picture that have no unknown pixel, K x C x p x p in the order of their
// rows. picture: 1 x C x H x W; known: 1 x 1 x H x W, 0 where a pixel is unknown; undefined: all
// are known.
torch::Tensor patches_of(const torch::Tensor& picture, const torch::Tensor& known, int p);

// D(x, sigma). x: N x C x H x W, float32 or float64; sigma > 0; patches: K x C x p x p of the same
// type, p odd, K >= 1. In blocks of patches with a running maximum: any K, any sigma. Costs
// 2 N H W K C p^2 operations.
torch::Tensor local_mmse(const torch::Tensor& x, double sigma, const torch::Tensor& patches);

}  // namespace restore
