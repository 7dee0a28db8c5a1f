// Brightness and two differences of colour, by an orthonormal map: white noise stays white.
#pragma once

#include <torch/types.h>

namespace restore {

// N x 3 x H x W -> the same shape: (R + G + B) / sqrt(3), (R - B) / sqrt(2), (R - 2 G + B) /
// sqrt(6). Pictures of other numbers of channels are left as they are.
torch::Tensor to_opponent(const torch::Tensor& x);
torch::Tensor from_opponent(const torch::Tensor& x);

}  // namespace restore
