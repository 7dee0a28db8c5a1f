// Gated blocks (blocks.h) without gradients, in bands of rows.
//
// A layer after the other moves every tensor of a block through main memory: 18 times the size of x in
// float32, for 6 multiply-adds a number. Here a band of rows goes through all layers of a block, and through
// the first two of the next, while it is in the cache: only x and the input of the depthwise
// convolution, which needs the rows of the neighbours, are kept whole. The values are those of run_block to
// rounding, and do not depend on the number of threads: the bands do not.
#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "priors/neural/blocks.h"

namespace restore {

// Whether run_in_bands takes x: float32 on the processor, channels in whole vectors, no gradients wanted.
bool fits_bands(const BlockConfig& config, const torch::Tensor& x);

// The blocks of these names after one another. x: N x C x H x W, channels-last, changed in place.
void run_in_bands(const BlockConfig& config, const Layers& layers,
                  const std::vector<std::string>& names, const torch::Tensor& embedding,
                  torch::Tensor& x);

}  // namespace restore
