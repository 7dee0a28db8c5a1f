#include "priors/neural/architectures/drunet.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

constexpr int kLevels = 4;

std::string block_name(const std::string& part, int i) { return fmt::format("{}.{}.res", part, i); }

// h + W2 relu(W1 h), as often as there are blocks; `first`: where their numbers begin.
torch::Tensor run_blocks(const Layers& layers, const std::string& part, int first, int count,
                         torch::Tensor h) {
  for (int i = first; i < first + count; ++i) {
    const auto block = block_name(part, i);
    h = h +
        layers.convolution(block + ".2", at::relu(layers.convolution(block + ".0", h, 1, 1)), 1, 1);
  }
  return h;
}

}  // namespace

Json Drunet::config() const {
  return {{"channels", config_.channels}, {"width", config_.width}, {"blocks", config_.blocks}};
}

WeightShapes Drunet::weight_shapes() const {
  const auto& [channels, w, blocks] = config_;
  WeightShapes shapes{{"m_head.weight", {w[0], channels + 1, 3, 3}},
                      {"m_tail.weight", {channels, w[0], 3, 3}}};
  const auto add_blocks = [&](const std::string& part, int first, std::int64_t width) {
    for (int i = first; i < first + config_.blocks; ++i)
      for (const char* half : {".0.weight", ".2.weight"})
        shapes[block_name(part, i) + half] = {width, width, 3, 3};
  };
  for (int l = 0; l + 1 < kLevels; ++l) {
    const auto down = fmt::format("m_down{}", l + 1), up = fmt::format("m_up{}", l + 1);
    add_blocks(down, 0, w[l]);
    shapes[fmt::format("{}.{}.weight", down, blocks)] = {w[l + 1], w[l], 2, 2};
    shapes[up + ".0.weight"] = {w[l + 1], w[l], 2, 2};
    add_blocks(up, 1, w[l]);
  }
  add_blocks("m_body", 0, w[kLevels - 1]);
  return shapes;
}

torch::Tensor Drunet::forward(const Layers& layers, const torch::Tensor& x, double sigma) const {
  const auto map = torch::full({x.size(0), 1, x.size(2), x.size(3)}, sigma, x.options());
  auto h = at::cat({x, map}, 1).contiguous(at::MemoryFormat::ChannelsLast);
  h = layers.convolution("m_head", h, 1, 1);
  std::vector<torch::Tensor> skips{h};
  for (int l = 1; l < kLevels; ++l) {
    const auto part = fmt::format("m_down{}", l);
    h = run_blocks(layers, part, 0, config_.blocks, h);
    h = layers.convolution(fmt::format("{}.{}", part, config_.blocks), h, 2);
    skips.push_back(h);
  }
  h = run_blocks(layers, "m_body", 0, config_.blocks, h);
  for (int l = kLevels - 1; l > 0; --l) {
    const auto part = fmt::format("m_up{}", l);
    h = layers.transposed_convolution(part + ".0", h + skips[l], 2);
    h = run_blocks(layers, part, 1, config_.blocks, h);
  }
  return layers.convolution("m_tail", h + skips[0], 1, 1);
}

std::optional<int> Drunet::receptive_field() const {
  // A 3x3 convolution at step s reaches s pixels further, and a block has two; levels but the
  // coarsest have blocks on the way down and up. Resampling reaches at most the whole cell of the
  // coarsest level.
  int radius = 2 + alignment() - 1;
  for (int l = 0; l < kLevels; ++l)
    radius += (l + 1 < kLevels ? 2 : 1) * 2 * config_.blocks * (1 << l);
  return radius;
}

std::unique_ptr<Architecture> infer_drunet(const WeightShapes& shapes, const Json& /*stated*/,
                                           const std::string& where) {
  if (!shapes.contains("m_head.weight")) return nullptr;
  DrunetConfig config;
  config.channels = static_cast<int>(extent(shapes, "m_tail.weight", 0));
  config.blocks = count_tensors(shapes, "m_body.", ".res.0.weight");
  config.width[0] = extent(shapes, "m_head.weight", 0);
  for (int l = 1; l < kLevels; ++l)
    config.width[l] = extent(shapes, fmt::format("m_up{}.0.weight", l), 0);
  if (config.channels != 1 && config.channels != 3)
    throw item_error("{}: a DRUNet whose m_tail.weight does not give 1 or 3 channels", where);
  return std::make_unique<Drunet>(config);
}

}  // namespace restore
