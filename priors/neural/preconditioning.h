// EDM preconditioning (Karras, Aittala, Aila, Laine 2022, "Elucidating the Design Space of
// Diffusion-Based Generative Models", Table 1, https://arxiv.org/abs/2206.00364), for pixels in
// [0,1]:
//
//   D(x, s) = 1/2 + c_skip (x - 1/2) + c_out F(c_in (x - 1/2), c_noise)
//
// and its loss: lambda(s) ||D - x0||^2 with lambda = 1/c_out^2, so that F has a target of unit
// variance at every noise level.
#pragma once

#include <torch/types.h>

namespace restore {

constexpr double kSigmaData = 0.25;  // deviation of photographs from mid-grey

// Each of the shape and type of `sigma`, which is positive.
struct Preconditioning {
  explicit Preconditioning(const torch::Tensor& sigma);

  torch::Tensor skip;   // s_d^2 / (s^2 + s_d^2)
  torch::Tensor out;    // s s_d / sqrt(s^2 + s_d^2)
  torch::Tensor in;     // 1 / sqrt(s^2 + s_d^2)
  torch::Tensor noise;  // ln(s) / 4
};

}  // namespace restore
