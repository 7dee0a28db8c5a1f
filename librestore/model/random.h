// Gaussian fields as tensors, from the counter-based stream.
#pragma once

#include <torch/types.h>

#include "librestore/core/rng.h"
#include "librestore/model/shape.h"

namespace restore {

// N(0, I), N x C x H x W in `type` (float32 or float64). Item n is sample rng.sample() + n, so a
// batch of K equals K single draws. (y0, x0): where the tile lies in the whole image. Moves on one
// step.
torch::Tensor randn(Rng& rng, const Shape& shape, std::int64_t n = 1,
                    torch::ScalarType type = torch::kFloat32, std::int64_t y0 = 0,
                    std::int64_t x0 = 0);
torch::Tensor randn_like(Rng& rng, const torch::Tensor& x);
// Uniform on (0,1).
torch::Tensor rand(Rng& rng, const Shape& shape, std::int64_t n = 1,
                   torch::ScalarType type = torch::kFloat32);

}  // namespace restore
