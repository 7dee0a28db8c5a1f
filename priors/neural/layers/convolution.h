// Convolutions whose gradients cost no more than they must.
#pragma once

#include <ATen/ATen.h>
#include <c10/util/Optional.h>

namespace restore {

struct ConvolutionShape {
  int stride = 1, padding = 0;
  std::int64_t groups = 1;
  int dilation = 1;
};

// x: N x C_in x H x W; weight: C_out x C_in/groups x k x k. Where only the input's gradient is
// wanted, the pullback of a convolution that keeps the size (stride 1, padding to all sides alike)
// is one with the kernels turned by 180 degrees and their channels exchanged: nothing of x is kept
// for it.
torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                       const c10::optional<torch::Tensor>& bias, const ConvolutionShape& shape);

}  // namespace restore
