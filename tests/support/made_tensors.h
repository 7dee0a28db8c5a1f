// Tensors by a formula, the same here and in scripts/check_checkpoints.py: golden files need not
// hold weights.
#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "priors/neural/layers/weight_shapes.h"
#include "priors/tensor_file/safetensors.h"

namespace restore::testing {

// Numbers in [-1/2, 1/2): FNV-1a of the name seeds SplitMix64 (Steele, Lea, Flood 2014,
// https://doi.org/10.1145/2660193.2660195); 24 bits each. float64.
torch::Tensor made_uniform(const std::string& name, const std::vector<std::int64_t>& shape);

// Weights of deviation 1/sqrt(inputs), biases within 0.1, gains of norms within 1/4 of 1;
// resampling filters as they are. float32.
NamedTensors made_weights(const WeightShapes& shapes);

}  // namespace restore::testing
