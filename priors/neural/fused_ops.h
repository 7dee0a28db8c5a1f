// The pointwise parts of the network, each one pass over memory, with hand-derived pullbacks.
//
// libtorch spends more time in these than in the convolutions when they are composed of its own
// operations (a bfloat16 layer_norm forward alone takes 10 times a 1x1 convolution). float32 in,
// float32 or bfloat16 out, channels-last, channel counts that are multiples of 16 take the fused
// path; everything else (float64 in the tests, other devices) the composed one.
#pragma once

#include <torch/types.h>

namespace restore {

// Normalisation over channels at every pixel, then a scale and a shift for each item and channel:
//   y = (x - mean_c x) / sqrt(var_c x + 1e-6) * (1 + scale) + shift.
// x: N x C x H x W, scale and shift: N x C of the same type, y in type `out`.
torch::Tensor channel_norm(const torch::Tensor& x, const torch::Tensor& scale,
                           const torch::Tensor& shift, torch::ScalarType out);

// y = x[:, :C] * x[:, C:] (NAFNet's SimpleGate; Chen, Chu, Zhang, Sun 2022,
// https://arxiv.org/abs/2204.04676). x: N x 2C x H x W.
torch::Tensor gate(const torch::Tensor& x);

// y = max(0, h (1 + scale) + shift). h: N x C x H x W, scale and shift: N x C. Where no gradients
// are wanted y is written over h.
torch::Tensor scaled_relu(const torch::Tensor& h, const torch::Tensor& scale,
                          const torch::Tensor& shift);

// x rounded to the type `out`; x itself where it has that type.
torch::Tensor rounded(const torch::Tensor& x, torch::ScalarType out);

// x + h in the type of x; h may be bfloat16 where x is float32. Both N x C x H x W.
torch::Tensor add_residual(const torch::Tensor& x, const torch::Tensor& h);

// x + h with the pixels of every cell of 2 x 2 side by side in h:
//   y[n][c][2 r + i][2 s + j] = x[n][c][2 r + i][2 s + j] + h[n][(2 i + j) C + c][r][s]
// x: N x C x 2H x 2W; h: N x 4C x H x W, bfloat16 or the type of x. Where no gradients are wanted y
// is written over x.
torch::Tensor add_shuffled(const torch::Tensor& x, const torch::Tensor& h);

// The same in plain libtorch operations, for any type.
torch::Tensor channel_norm_reference(const torch::Tensor& x, const torch::Tensor& scale,
                                     const torch::Tensor& shift, torch::ScalarType out);
torch::Tensor gate_reference(const torch::Tensor& x);
torch::Tensor scaled_relu_reference(const torch::Tensor& h, const torch::Tensor& scale,
                                    const torch::Tensor& shift);
torch::Tensor add_shuffled_reference(const torch::Tensor& x, const torch::Tensor& h);

}  // namespace restore
