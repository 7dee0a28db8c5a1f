// The level of white noise from the covariance of the picture's patches.
//
// Chen, Zhu, Heng 2015, "An Efficient Statistical Method for Image Noise Level Estimation", ICCV,
// https://doi.org/10.1109/ICCV.2015.62, algorithm 1
//
// Patches of d x d pixels (all channels) of a picture lie near a subspace, those of white noise
// fill the whole space: the smallest eigenvalues of the patches' covariance are sigma^2, and are as
// many above their mean as below it. With lambda_1 >= lambda_2 >= ...,
//   tau_i = mean(lambda_i ..., lambda_r);
//   sigma^2 = tau_i for the first i with tau_i = median(lambda_i ...)
#pragma once

#include <torch/types.h>

namespace restore {

// sigma^2 of patches given as rows: n x r, n well above r.
double patch_noise_variance(const torch::Tensor& patches);

// x: N x C x H x W, sides of at least kSmallestForNoise. Patches with clipped pixels (<= 0 or >= 1)
// are left out where there are others: their noise is cut off.
double patch_covariance_sigma(const torch::Tensor& x);

// The side d of patches of which x has at least `per_number` for each of their numbers: 8, fewer in
// small pictures, 3 at least.
std::int64_t patch_side(const torch::Tensor& x, std::int64_t per_number);
// Patches of d x d x C of all items, at most about `most`: n x (C d d).
torch::Tensor patches_of(const torch::Tensor& x, std::int64_t d, std::int64_t most);
// The rows with fewer than 1 in 16 values clipped; all, where these are fewer than `least`.
torch::Tensor unclipped(const torch::Tensor& patches, std::int64_t least);

}  // namespace restore
