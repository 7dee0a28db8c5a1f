#include "priors/neural/blocks.h"

#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "priors/neural/fused_ops.h"

namespace restore {
namespace {

constexpr double kResidualGain = 0.2;  // blocks start near the identity

int modulation_count(BlockKind kind) { return kind == BlockKind::gated ? 2 : 1; }

void run_gated(const Layers& layers, const std::string& name, const std::vector<Modulation>& noise,
               ResidualStream& stream) {
  const auto type = layers.type(name + ".expand");
  // x += W2 gate(dw3x3(W1 norm(x)))
  auto h = channel_norm(stream.x(), noise[0].scale, noise[0].shift, type);
  h = layers.convolution(name + ".expand", h);
  h = gate(layers.convolution(name + ".depthwise", h, 1, 1, h.size(1)));
  stream.add(layers.convolution(name + ".project", h));
  // x += W4 gate(W3 norm(x))
  h = channel_norm(stream.x(), noise[1].scale, noise[1].shift, type);
  h = gate(layers.convolution(name + ".mix", h));
  stream.add(layers.convolution(name + ".merge", h));
}

void run_residual(const Layers& layers, const std::string& name,
                  const std::vector<Modulation>& noise, ResidualStream& stream) {
  // x += C2 relu(a C1 x + b)
  auto h = layers.convolution(name + ".first", stream.in(layers.type(name + ".first")), 1, 1);
  h = scaled_relu(h, noise[0].scale, noise[0].shift);
  stream.add(layers.convolution(name + ".second", h, 1, 1));
}

}  // namespace

void add_block_specs(std::vector<WeightSpec>& specs, const BlockConfig& config,
                     const std::string& name, std::int64_t c, std::int64_t embedding) {
  const auto values = (config.biases ? 2 : 1) * modulation_count(config.kind) * c;
  specs.push_back({name + ".noise.weight", {values, embedding}, 0, false});
  specs.push_back({name + ".noise.bias", {values}, 0, false});
  const auto convolution = [&](const char* part, std::vector<std::int64_t> shape,
                               double deviation) {
    const auto outputs = shape[0];
    specs.push_back({fmt::format("{}.{}.weight", name, part), std::move(shape), deviation});
    if (config.biases) specs.push_back({fmt::format("{}.{}.bias", name, part), {outputs}, 0});
  };
  const double unit = 1 / std::sqrt(static_cast<double>(c));
  if (config.kind == BlockKind::residual) {
    convolution("first", {c, c, 3, 3}, std::sqrt(2.0) * unit / 3);
    convolution("second", {c, c, 3, 3}, kResidualGain * unit / 3);
    return;
  }
  convolution("expand", {2 * c, c, 1, 1}, unit);
  convolution("depthwise", {2 * c, 1, 3, 3}, 1.0 / 3);
  convolution("project", {c, c, 1, 1}, kResidualGain * unit);
  convolution("mix", {2 * c, c, 1, 1}, unit);
  convolution("merge", {c, c, 1, 1}, kResidualGain * unit);
}

double block_macs(BlockKind kind, double c) {
  return kind == BlockKind::gated ? 6 * c * c + 18 * c : 18 * c * c;
}

int block_reach(BlockKind kind) { return kind == BlockKind::gated ? 1 : 2; }

double block_kept_bytes(BlockKind kind, double c, double wide) {
  // What its two norms and its two gates were given; or what came out of the relu.
  return kind == BlockKind::gated ? 2 * (c * sizeof(float) + 2 * c * wide) : c * wide;
}

std::vector<Modulation> modulations(const BlockConfig& config, const Layers& layers,
                                    const std::string& name, const torch::Tensor& embedding) {
  const int count = modulation_count(config.kind);
  const auto parts =
      layers.linear(name + ".noise", embedding).chunk(config.biases ? 2 * count : count, 1);
  std::vector<Modulation> result;
  for (int i = 0; i < count; ++i) {
    if (config.biases)
      result.push_back({parts[2 * i], parts[2 * i + 1]});
    else
      result.push_back({parts[i], torch::zeros_like(parts[i])});
  }
  return result;
}

void run_block(const BlockConfig& config, const Layers& layers, const std::string& name,
               const torch::Tensor& embedding, ResidualStream& stream) {
  const auto noise = modulations(config, layers, name, embedding);
  const auto run = config.kind == BlockKind::gated ? run_gated : run_residual;
  run(layers, name, noise, stream);
}

}  // namespace restore
