#include "priors/neural/layers/weight_shapes.h"

#include <fmt/ranges.h>

#include "librestore/core/error.h"

namespace restore {

void check_shapes(const WeightShapes& expected, const NamedTensors& weights,
                  const std::string& where) {
  for (const auto& [name, shape] : expected) {
    const auto found = weights.find(name);
    if (found == weights.end()) throw item_error("{}: tensor '{}' is missing", where, name);
    if (found->second.sizes() != at::IntArrayRef(shape))
      throw item_error("{}: tensor '{}' has the wrong shape for this architecture: [{}], not [{}]",
                       where, name, fmt::join(found->second.sizes(), ", "), fmt::join(shape, ", "));
  }
  for (const auto& [name, tensor] : weights)
    if (!expected.contains(name))
      throw item_error("{}: tensor '{}' does not belong to this architecture", where, name);
}

}  // namespace restore
