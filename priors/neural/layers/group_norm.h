// Group normalisation with what follows it in diffusion networks, in two passes over memory.
//
// Wu, He 2018, "Group Normalization", https://arxiv.org/abs/1803.08494; SiLU(z) = z / (1 +
// exp(-z)). float32 on the CPU with a multiple of 16 channels takes the fused path (channels-last,
// a pullback derived by hand, the same bits on any number of threads); everything else libtorch's
// own operations.
#pragma once

#include <torch/types.h>

namespace restore {

struct GroupNorm {
  std::int64_t groups = 32;
  double epsilon = 1e-5;
  bool silu = true;  // afterwards
};

// y = act(gain (x - mean) / sqrt(variance + epsilon) + shift), mean and variance over the pixels
// and the channels of a group of one item. x: N x C x H x W; gain, shift: C, constants: no gradient
// goes to them.
torch::Tensor group_norm(const GroupNorm& norm, const torch::Tensor& x, const torch::Tensor& gain,
                         const torch::Tensor& shift);
// In libtorch's operations, for any type.
torch::Tensor group_norm_reference(const GroupNorm& norm, const torch::Tensor& x,
                                   const torch::Tensor& gain, const torch::Tensor& shift);

}  // namespace restore
