// Which tensors an architecture has.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "priors/tensor_file/safetensors.h"

namespace restore {

using WeightShapes = std::map<std::string, std::vector<std::int64_t>>;

// Throws an item error that names `where` and the first tensor that is missing, has another shape,
// or does not belong to the architecture.
void check_shapes(const WeightShapes& expected, const NamedTensors& weights,
                  const std::string& where);

}  // namespace restore
