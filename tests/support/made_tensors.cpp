#include "tests/support/made_tensors.h"

#include <cmath>

namespace restore::testing {
namespace {

torch::Tensor made_weight(const std::string& name, const std::vector<std::int64_t>& shape) {
  if (name.ends_with("resample_filter")) {
    const auto taps =
        shape.back() == 2 ? torch::tensor({1.0, 1.0}) : torch::tensor({1.0, 3.0, 3.0, 1.0});
    return (torch::outer(taps, taps) / taps.sum().square()).view(shape).to(torch::kFloat32);
  }
  auto u = made_uniform(name, shape);
  if (name.ends_with("bias")) return (u / 5).to(torch::kFloat32);
  if (shape.size() == 1) return (1 + u / 2).to(torch::kFloat32);
  const double inputs = static_cast<double>(u.numel()) / static_cast<double>(shape[0]);
  return (u * std::sqrt(12 / inputs)).to(torch::kFloat32);
}

}  // namespace

torch::Tensor made_uniform(const std::string& name, const std::vector<std::int64_t>& shape) {
  std::uint64_t state = 0xcbf29ce484222325;
  for (const unsigned char byte : name) state = (state ^ byte) * 0x100000001b3;
  const auto values = torch::empty(shape, torch::kFloat64);
  auto* out = values.data_ptr<double>();
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    out[i] = static_cast<double>(z >> 40) / 16777216.0 - 0.5;
  }
  return values;
}

NamedTensors made_weights(const WeightShapes& shapes) {
  NamedTensors weights;
  for (const auto& [name, shape] : shapes) weights[name] = made_weight(name, shape);
  return weights;
}

}  // namespace restore::testing
