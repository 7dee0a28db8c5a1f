// More of a texture: a picture of any size made of the windows of another.
//
// Kamb, Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models",
//   https://arxiv.org/abs/2412.20292
// Kwatra, Essa, Bobick, Kwatra 2005, "Texture optimization for example-based synthesis",
//   https://doi.org/10.1145/1073204.1073263
// Granot, Feinstein, Shocher, Bagon, Irani 2022, "Drop the GAN: in defense of patches nearest
//   neighbors as single image generative models", https://arxiv.org/abs/2103.15545
//
// The local score machine (priors/patch/local_score.h) from noise to picture, coarse to fine, in
// the limit where the softmax takes its largest term alone: there its step is that of texture
// optimisation,
//   x[q] = sum_W g_W P_W[q] / sum_W g_W,
// W: the 7 x 7 windows that hold the pixel q; P_W: the exemplar's window that W is matched with
// (priors/patch/texture/window_search.h); g_W: a Gaussian of the distance from q to the middle of
// W. After each step every channel is given the exemplar's histogram, which averaging has narrowed.
#pragma once

#include <torch/types.h>

#include "librestore/core/rng.h"
#include "librestore/model/method.h"

namespace restore {

constexpr std::int64_t kLeastTexture = 16, kLargestTexture = 512;  // sides of an exemplar, px

// Usage error unless 1 x C x H x W has sides from kLeastTexture to kLargestTexture.
void check_texture(const torch::Tensor& exemplar);

// 1 x C x height x width, whatever these are; exemplar: float32, checked. Each step counts as a
// denoiser call. The time is proportional to both areas. `observer` may be null; it may not stop
// the work.
Result synthesise_texture(const torch::Tensor& exemplar, std::int64_t height, std::int64_t width,
                          Rng& rng, Observer* observer);

}  // namespace restore
