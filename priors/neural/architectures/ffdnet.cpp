#include "priors/neural/architectures/ffdnet.h"

#include <ATen/ATen.h>

namespace restore {
namespace {

constexpr int kFactor = 2, kCell = kFactor * kFactor;

std::string layer_name(int i) { return fmt::format("model.{}", 2 * i); }  // a ReLU has a number too

}  // namespace

Json Ffdnet::config() const {
  return {{"channels", config_.channels},
          {"width", config_.width},
          {"convolutions", config_.convolutions}};
}

WeightShapes Ffdnet::weight_shapes() const {
  WeightShapes shapes;
  for (int i = 0; i < config_.convolutions; ++i) {
    const auto in = i == 0 ? kCell * config_.channels + 1 : config_.width;
    const auto out = i + 1 == config_.convolutions ? kCell * config_.channels : config_.width;
    shapes[layer_name(i) + ".weight"] = {out, in, 3, 3};
    shapes[layer_name(i) + ".bias"] = {out};
  }
  return shapes;
}

torch::Tensor Ffdnet::forward(const Layers& layers, const torch::Tensor& x, double sigma) const {
  const auto cells = at::pixel_unshuffle(x, kFactor);
  const auto map = torch::full({x.size(0), 1, cells.size(2), cells.size(3)}, sigma, x.options());
  auto h = at::cat({cells, map}, 1).contiguous(at::MemoryFormat::ChannelsLast);
  for (int i = 0; i < config_.convolutions; ++i) {
    if (i > 0) h = at::relu(h);
    h = layers.convolution(layer_name(i), h, 1, 1);
  }
  return at::pixel_shuffle(h, kFactor);
}

std::unique_ptr<Architecture> infer_ffdnet(const WeightShapes& shapes, const Json& /*stated*/,
                                           const std::string& /*where*/) {
  FfdnetConfig config;
  config.convolutions = 0;
  while (shapes.contains(layer_name(config.convolutions) + ".weight")) ++config.convolutions;
  if (config.convolutions == 0) return nullptr;
  const auto out = extent(shapes, layer_name(config.convolutions - 1) + ".weight", 0);
  if (out != kCell && out != 3 * kCell) return nullptr;
  config.channels = static_cast<int>(out) / kCell;
  config.width = extent(shapes, layer_name(0) + ".weight", 0);
  return std::make_unique<Ffdnet>(config);
}

}  // namespace restore
