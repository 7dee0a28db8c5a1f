// Between the scales of a pyramid whose scale f is the mean over f x f pixels.
#pragma once

#include <cstdint>

#include <torch/types.h>

namespace restore {

// f = 2^l, the first with sigma / f <= 0.2: averaged so, the noise of a pixel is that small.
int reduction_for(double sigma);

// Mean over f x f pixels; the last row and column are repeated to fill theirs. x: N x C x H x W.
torch::Tensor reduce(const torch::Tensor& x, int f);

// Linear interpolation, cut to height x width.
torch::Tensor enlarge(const torch::Tensor& x, int f, std::int64_t height, std::int64_t width);

}  // namespace restore
