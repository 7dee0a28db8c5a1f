#include "operators/sampling/mosaic.h"

#include "librestore/core/error.h"
#include "operators/sampling/smooth_fill.h"

namespace restore {
namespace {

torch::Tensor measured_channels(const Shape& scene, const std::string& pattern) {
  if (scene.channels != 3)
    throw usage_error("a mosaic is of scenes with 3 channels, this one has {}", scene.channels);
  auto measured = torch::zeros(scene.batch(1), torch::kBool);
  for (std::int64_t cell = 0; cell < 4; ++cell) {
    const auto channel =
        static_cast<std::int64_t>(std::string("rgb").find(pattern[static_cast<std::size_t>(cell)]));
    measured[0][channel]
        .slice(0, cell / 2, scene.height, 2)
        .slice(1, cell % 2, scene.width, 2)
        .fill_(true);
  }
  return measured;
}

}  // namespace

Mosaic::Mosaic(const Shape& scene, const std::string& pattern)
    : PartialIsometry(scene, {1, scene.height, scene.width}),
      measured_(measured_channels(scene, pattern)) {}

torch::Tensor Mosaic::U(const torch::Tensor& coefficients) const {
  const auto channel = [](const torch::Tensor& x, std::int64_t c) { return x.narrow(1, c, 1); };
  return torch::where(
      channel(measured_, 0), channel(coefficients, 0),
      torch::where(channel(measured_, 1), channel(coefficients, 1), channel(coefficients, 2)));
}

torch::Tensor Mosaic::Ut(const torch::Tensor& y) const {
  return torch::where(measured_, y, torch::zeros({}, y.options()));
}

torch::Tensor Mosaic::singular_values() const { return measured_.to(torch::kFloat64); }

torch::Tensor Mosaic::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  // A sensor of one row or column misses channels altogether: there the measurement itself stands
  // in.
  const auto seen = measured_.any(-1, true).any(-2, true);
  const auto missing = measured_.logical_not();
  return torch::where(seen, smooth_fill(torch::where(seen, Ut(y), y), missing & seen), y);
}

}  // namespace restore
