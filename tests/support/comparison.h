// Comparisons that print both sides.
#pragma once

#include <torch/types.h>

namespace restore::testing {

// ||a - b|| / max(||b||, tiny), in float64 over the whole tensors; shapes must agree.
double relative_difference(const torch::Tensor& a, const torch::Tensor& b);
// max |a - b|.
double largest_difference(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace restore::testing
