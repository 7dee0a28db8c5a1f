#include "priors/neural/architectures/plain_cnn.h"

#include <array>

#include <ATen/ATen.h>

namespace restore {
namespace {

constexpr std::array<int, 7> kIrcnnDilations{1, 2, 3, 4, 3, 2, 1};

std::string layer_name(const std::string& prefix, int i) {
  return fmt::format("{}model.{}", prefix, 2 * i);  // a ReLU has a number too
}

std::string network_prefix(int network) { return fmt::format("{}.", network); }

}  // namespace

std::string PlainCnn::name() const {
  switch (config_.kind) {
    case PlainCnnKind::fdncnn:
      return "fdncnn";
    case PlainCnnKind::ircnn:
      return "ircnn";
    default:
      return "dncnn";
  }
}

Json PlainCnn::config() const {
  Json json = {{"channels", config_.channels},
               {"width", config_.width},
               {"convolutions", config_.convolutions}};
  if (config_.networks > 0) json["networks"] = config_.networks;
  return json;
}

int PlainCnn::dilation(int convolution) const {
  return config_.kind == PlainCnnKind::ircnn ? kIrcnnDilations[convolution] : 1;
}

WeightShapes PlainCnn::weight_shapes() const {
  WeightShapes shapes;
  const bool has_map = config_.kind == PlainCnnKind::fdncnn;
  const auto add = [&](const std::string& prefix) {
    for (int i = 0; i < config_.convolutions; ++i) {
      const auto in = i == 0 ? config_.channels + (has_map ? 1 : 0) : config_.width;
      const auto out = i + 1 == config_.convolutions ? config_.channels : config_.width;
      shapes[layer_name(prefix, i) + ".weight"] = {out, in, 3, 3};
      shapes[layer_name(prefix, i) + ".bias"] = {out};
    }
  };
  for (int k = 0; k < config_.networks; ++k) add(network_prefix(k));
  if (config_.networks == 0) add("");
  return shapes;
}

torch::Tensor PlainCnn::forward(const Layers& layers, const torch::Tensor& x, double sigma) const {
  std::string prefix;
  if (config_.networks > 0) {
    // Network k is trained for sigma = 2 (k + 1) / 255.
    const double k = std::ceil(sigma * 255 / 2 - 1);
    prefix = network_prefix(static_cast<int>(std::clamp(k, 0.0, config_.networks - 1.0)));
  }
  auto h = x;
  if (config_.kind == PlainCnnKind::fdncnn)
    h = at::cat({x, torch::full({x.size(0), 1, x.size(2), x.size(3)}, sigma, x.options())}, 1);
  h = h.contiguous(at::MemoryFormat::ChannelsLast);
  for (int i = 0; i < config_.convolutions; ++i) {
    if (i > 0) h = at::relu(h);
    h = layers.convolution(layer_name(prefix, i), h, 1, dilation(i), 1, dilation(i));
  }
  return config_.kind == PlainCnnKind::fdncnn ? h : x - h;
}

std::optional<int> PlainCnn::receptive_field() const {
  int radius = 0;
  for (int i = 0; i < config_.convolutions; ++i) radius += dilation(i);
  return radius;
}

std::unique_ptr<Architecture> infer_plain_cnn(const WeightShapes& shapes, const Json& /*stated*/,
                                              const std::string& /*where*/) {
  PlainCnnConfig config;
  const bool has_many = shapes.contains("0.model.0.weight");
  const std::string prefix = has_many ? network_prefix(0) : "";
  const auto first = layer_name(prefix, 0) + ".weight";
  if (!shapes.contains(first)) return nullptr;
  config.convolutions = 0;
  while (shapes.contains(layer_name(prefix, config.convolutions) + ".weight"))
    ++config.convolutions;
  while (has_many && shapes.contains(layer_name(network_prefix(config.networks), 0) + ".weight"))
    ++config.networks;
  config.width = extent(shapes, first, 0);
  const auto in = extent(shapes, first, 1);
  const auto out = extent(shapes, layer_name(prefix, config.convolutions - 1) + ".weight", 0);
  if (out != 1 && out != 3) return nullptr;  // FFDNet has other numbers
  config.channels = static_cast<int>(out);
  if (in == out + 1)
    config.kind = PlainCnnKind::fdncnn;
  else if (config.convolutions == static_cast<int>(kIrcnnDilations.size()))
    config.kind = PlainCnnKind::ircnn;
  if (has_many && config.kind != PlainCnnKind::ircnn) return nullptr;
  return std::make_unique<PlainCnn>(config);
}

}  // namespace restore
