// What the U-nets of diffusion models share.
#pragma once

#include "priors/neural/layers/group_norm.h"
#include "priors/neural/layers/layers.h"
#include "priors/neural/layers/weight_shapes.h"

namespace restore {

constexpr int kMostLevels = 10;  // of resolution; a file that asks for more is no network

// The shapes of NAME.weight and NAME.bias.
void add_layer(WeightShapes& shapes, const std::string& name, std::vector<std::int64_t> weight);
void add_norm(WeightShapes& shapes, const std::string& name, std::int64_t channels);

// Features of a level t: sin and cos of t w_k, w_k = 10000^(-k / (features/2 - shift)). 1 x
// features. Ho, Jain, Abbeel 2020, "Denoising Diffusion Probabilistic Models",
// https://arxiv.org/abs/2006.11239
struct Sinusoids {
  std::int64_t features;
  bool cosines_first = true;
  double shift = 0;
};
torch::Tensor sinusoids(const Sinusoids& kind, double t, const torch::TensorOptions& options);
// The same with frequencies 2 pi w_k from the checkpoint: 1 x 2 K.
torch::Tensor fourier_features(const torch::Tensor& frequencies, double t, bool cosines_first);

// NAME.weight, NAME.bias; `scale`, `shift`: 1 x C, from the noise level: y -> y (1 + scale) + shift
// before the activation.
torch::Tensor normalise(const Layers& layers, const std::string& name, const torch::Tensor& x,
                        const GroupNorm& norm);
torch::Tensor normalise(const Layers& layers, const std::string& name, const torch::Tensor& x,
                        const GroupNorm& norm, const torch::Tensor& scale,
                        const torch::Tensor& shift);

enum class Resample { none, down, up };
// Means of 2 x 2 pixels; every pixel 2 x 2 times.
torch::Tensor resample(const torch::Tensor& x, Resample how);

// N x C x H x W -> N x HW x C, a view where x is channels-last; and back.
torch::Tensor tokens_of(const torch::Tensor& x);
torch::Tensor picture_of(const torch::Tensor& tokens, const torch::Tensor& like);

}  // namespace restore
