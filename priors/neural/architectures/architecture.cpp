#include "priors/neural/architectures/architecture.h"

namespace restore {

std::int64_t extent(const WeightShapes& shapes, const std::string& name, std::size_t axis) {
  const auto found = shapes.find(name);
  return found != shapes.end() && axis < found->second.size() ? found->second[axis] : 0;
}

int count_tensors(const WeightShapes& shapes, const std::string& prefix,
                  const std::string& suffix) {
  int count = 0;
  while (shapes.contains(fmt::format("{}{}{}", prefix, count, suffix))) ++count;
  return count;
}

}  // namespace restore
