#include "priors/neural/architectures/unet_layers.h"

#include <numbers>

namespace restore {
namespace {

torch::Tensor waves(const torch::Tensor& phases, bool cosines_first,
                    const torch::TensorOptions& options) {
  const auto sines = phases.sin(), cosines = phases.cos();
  return (cosines_first ? at::cat({cosines, sines}) : at::cat({sines, cosines}))
      .unsqueeze(0)
      .to(options);
}

}  // namespace

void add_layer(WeightShapes& shapes, const std::string& name, std::vector<std::int64_t> weight) {
  shapes[name + ".bias"] = {weight[0]};
  shapes[name + ".weight"] = std::move(weight);
}

void add_norm(WeightShapes& shapes, const std::string& name, std::int64_t channels) {
  shapes[name + ".weight"] = shapes[name + ".bias"] = {channels};
}

torch::Tensor sinusoids(const Sinusoids& kind, double t, const torch::TensorOptions& options) {
  const auto half = kind.features / 2;
  const auto k = torch::arange(half, torch::kFloat64);
  const auto frequencies = torch::pow(10000.0, -k / (static_cast<double>(half) - kind.shift));
  return waves(t * frequencies, kind.cosines_first, options);
}

torch::Tensor fourier_features(const torch::Tensor& frequencies, double t, bool cosines_first) {
  const auto phases = 2 * std::numbers::pi * t * frequencies.to(torch::kFloat64);
  return waves(phases, cosines_first, frequencies.options());
}

torch::Tensor normalise(const Layers& layers, const std::string& name, const torch::Tensor& x,
                        const GroupNorm& norm) {
  return group_norm(norm, x, layers.weight(name), *layers.bias(name));
}

torch::Tensor normalise(const Layers& layers, const std::string& name, const torch::Tensor& x,
                        const GroupNorm& norm, const torch::Tensor& scale,
                        const torch::Tensor& shift) {
  const auto factor = 1 + scale.squeeze(0);
  return group_norm(norm, x, layers.weight(name) * factor,
                    *layers.bias(name) * factor + shift.squeeze(0));
}

torch::Tensor resample(const torch::Tensor& x, Resample how) {
  switch (how) {
    case Resample::down:
      return at::avg_pool2d(x, 2);
    case Resample::up:
      return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
    default:
      return x;
  }
}

torch::Tensor tokens_of(const torch::Tensor& x) { return x.flatten(2).transpose(1, 2); }

torch::Tensor picture_of(const torch::Tensor& tokens, const torch::Tensor& like) {
  return tokens.transpose(1, 2).view(like.sizes());
}

}  // namespace restore
