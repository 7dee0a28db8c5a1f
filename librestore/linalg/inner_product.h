// Inner products that do not move with the number of threads.
//
// Sums run over fixed blocks in double and the blocks are added in order, so CG, norms and
// residuals give the same bits for any thread count, and batch item n never sees item m.
#pragma once

#include <torch/types.h>

namespace restore {

// <a, b> for each item of the batch: N x C x H x W, N x C x H x W -> N x 1 x 1 x 1, float64.
// float32 or float64, same shape; contiguous inputs are not copied.
torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b);

// ||a||^2 for each item.
torch::Tensor squared_norm(const torch::Tensor& a);

// Sum of squares over the whole tensor.
double total_squared_norm(const torch::Tensor& a);

}  // namespace restore
