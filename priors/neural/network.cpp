#include "priors/neural/network.h"

#include <numeric>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "priors/neural/fused_ops.h"
#include "priors/neural/layers/layers.h"
#include "priors/neural/layers/weight_shapes.h"

namespace restore {
namespace {

constexpr int kStemFactor = 2;  // pixel-unshuffle of the stem
constexpr int kStemChannels = kImageChannels * kStemFactor * kStemFactor;
constexpr int kMaxLevels = 6, kMaxBlocks = 64, kMaxWidth = 1024;

const char* kind_name(BlockKind kind) {
  return kind == BlockKind::gated ? "gated-unet" : "residual-unet";
}

int levels(const NetworkConfig& config) { return static_cast<int>(config.encoder.size()) + 1; }
std::int64_t level_width(const NetworkConfig& config, int level) {
  return std::int64_t{config.width} << level;
}

// Blocks in the order in which forward() visits them: their level and name.
struct BlockPlace {
  int level;
  std::string name;
};
std::vector<BlockPlace> block_places(const NetworkConfig& config) {
  std::vector<BlockPlace> places;
  const int depth = levels(config) - 1;
  const auto add = [&](int level, int count, const std::string& part) {
    for (int i = 0; i < count; ++i) places.push_back({level, fmt::format("{}.{}", part, i)});
  };
  for (int l = 0; l < depth; ++l) add(l, config.encoder[l], fmt::format("encoder.{}", l));
  add(depth, config.middle, "middle");
  for (int l = depth - 1; l >= 0; --l)
    add(l, config.decoder[depth - 1 - l], fmt::format("decoder.{}", l));
  return places;
}

std::vector<WeightSpec> weight_specs(const NetworkConfig& config) {
  std::vector<WeightSpec> specs;
  const std::int64_t w = config.width, e = config.embedding;
  const auto outer = [&](const std::string& name, std::vector<std::int64_t> shape, double gain,
                         bool bias) {
    const double fan_in = std::accumulate(shape.begin() + 1, shape.end(), 1.0, std::multiplies<>());
    if (bias) specs.push_back({name + ".bias", {shape[0]}, 0, false});
    specs.push_back({name + ".weight", std::move(shape), gain / std::sqrt(fan_in), false});
  };
  outer("stem", {w, kStemChannels, 3, 3}, 1, config.block.biases);
  outer("head", {kStemChannels, w, 3, 3}, 0, config.block.biases);
  outer("noise.0", {e, e}, std::sqrt(2.0), true);
  outer("noise.1", {e, e}, std::sqrt(2.0), true);
  for (const auto& place : block_places(config))
    add_block_specs(specs, config.block, place.name, level_width(config, place.level), e);
  for (int l = 0; l + 1 < levels(config); ++l) {
    const auto fine = level_width(config, l), coarse = level_width(config, l + 1);
    const auto between = [&](const char* way, std::vector<std::int64_t> shape, double fan_in) {
      const auto outputs = shape[0];
      const auto name = fmt::format("{}.{}", way, l);
      specs.push_back({name + ".weight", std::move(shape), 1 / std::sqrt(fan_in)});
      if (config.block.biases) specs.push_back({name + ".bias", {outputs}, 0});
    };
    between("down", {coarse, fine, 2, 2}, 4.0 * static_cast<double>(fine));
    between("up", {4 * fine, coarse, 1, 1}, static_cast<double>(coarse));
  }
  return specs;
}

// Fourier features of c_noise, then two layers: N -> N x E.
torch::Tensor embed_noise(const Layers& layers, const torch::Tensor& c_noise,
                          std::int64_t features) {
  const auto half = features / 2;
  const auto octaves = torch::arange(half, c_noise.options()) / static_cast<double>(half);
  // Frequencies 1 to 16 rad a unit of ln(sigma)/4: smooth over the whole range of noise levels.
  const auto phase = c_noise.unsqueeze(1) * torch::pow(16.0, octaves).unsqueeze(0);
  auto h = torch::cat({phase.cos(), phase.sin()}, 1);
  h = at::silu(layers.linear("noise.0", h));
  return at::silu(layers.linear("noise.1", h));
}

// The outputs of pixel_shuffle's order, channel by channel the pixels of a cell, as add_shuffled
// has them: pixel by pixel the channels.
torch::Tensor by_cell(const torch::Tensor& weight) {
  const auto c = weight.size(0) / 4;
  auto sizes = weight.sizes().vec();
  sizes[0] = 4;
  sizes.insert(sizes.begin(), c);
  return weight.view(sizes).transpose(0, 1).reshape(weight.sizes());
}

c10::optional<torch::Tensor> by_cell(const c10::optional<torch::Tensor>& bias) {
  return bias ? c10::make_optional(by_cell(*bias)) : c10::nullopt;
}

}  // namespace

int alignment(const NetworkConfig& config) { return kStemFactor << (levels(config) - 1); }

int receptive_field(const NetworkConfig& config) {
  // A 3x3 convolution at step s (pixels a sample) reaches s pixels further; stem and head are two
  // of them, a block is one or two. Resampling reaches at most the whole cell of the coarsest
  // level.
  int radius = 2 * kStemFactor + alignment(config) - 1;
  const int reach = block_reach(config.block.kind);
  for (const auto& place : block_places(config)) radius += reach * (kStemFactor << place.level);
  return radius;
}

double macs_per_pixel(const NetworkConfig& config) {
  double macs = 0;
  const auto area = [](int level) { return std::pow(4.0, -(level + 1)); };
  for (const auto& spec : weight_specs(config)) {
    if (spec.shape.size() != 4) continue;
    const double size = static_cast<double>(std::accumulate(spec.shape.begin(), spec.shape.end(),
                                                            std::int64_t{1}, std::multiplies<>()));
    if (!spec.block) macs += size * area(0);  // stem and head
    for (int l = 0; l + 1 < levels(config); ++l)
      if (spec.name == fmt::format("down.{}.weight", l) ||
          spec.name == fmt::format("up.{}.weight", l))
        macs += size * area(l + 1);
  }
  for (const auto& place : block_places(config)) {
    const double c = static_cast<double>(level_width(config, place.level));
    macs += block_macs(config.block.kind, c) * area(place.level);
  }
  return macs;
}

double kept_bytes_per_pixel(const NetworkConfig& config, torch::ScalarType block_type) {
  const double wide = block_type == torch::kBFloat16 ? 2 : 4;
  double bytes = 0;
  for (const auto& place : block_places(config)) {
    const double c = static_cast<double>(level_width(config, place.level));
    bytes += std::pow(4.0, -(place.level + 1)) * block_kept_bytes(config.block.kind, c, wide);
  }
  return bytes;
}

std::int64_t parameter_count(const NamedTensors& weights) {
  std::int64_t count = 0;
  for (const auto& [name, tensor] : weights) count += tensor.numel();
  return count;
}

Json to_json(const NetworkConfig& config) {
  return {{"kind", kind_name(config.block.kind)},
          {"biases", config.block.biases},
          {"width", config.width},
          {"encoder", config.encoder},
          {"middle", config.middle},
          {"decoder", config.decoder},
          {"embedding", config.embedding}};
}

NetworkConfig network_config_from_json(const Json& json, const std::string& where) {
  NetworkConfig config;
  try {
    if (json.at("kind") == kind_name(BlockKind::residual))
      config.block.kind = BlockKind::residual;
    else if (json.at("kind") != kind_name(BlockKind::gated))
      throw item_error("{}: unknown architecture {}", where, json.at("kind").dump());
    if (json.contains("biases")) config.block.biases = json.at("biases").get<bool>();
    json.at("width").get_to(config.width);
    json.at("encoder").get_to(config.encoder);
    json.at("middle").get_to(config.middle);
    json.at("decoder").get_to(config.decoder);
    json.at("embedding").get_to(config.embedding);
  } catch (const Json::exception& error) {
    throw item_error("{}: the architecture is not readable: {}", where, error.what());
  }
  const auto counts = [](const std::vector<int>& blocks) {
    return std::all_of(blocks.begin(), blocks.end(),
                       [](int n) { return n >= 0 && n <= kMaxBlocks; });
  };
  if (config.width < 16 || config.width > kMaxWidth || config.width % 16 != 0 ||
      config.embedding < 2 || config.embedding > kMaxWidth || config.embedding % 2 != 0 ||
      config.middle < 0 || config.middle > kMaxBlocks || config.encoder.size() >= kMaxLevels ||
      config.encoder.size() != config.decoder.size() || !counts(config.encoder) ||
      !counts(config.decoder))
    throw item_error("{}: the architecture's numbers are out of range", where);
  return config;
}

NamedTensors initial_weights(const NetworkConfig& config, Rng& rng) {
  NamedTensors weights;
  for (const auto& spec : weight_specs(config)) {
    auto& tensor = weights[spec.name] = torch::zeros(spec.shape);
    if (spec.deviation == 0) continue;
    tensor.copy_(randn(rng, {1, 1, tensor.numel()}).view(spec.shape) * spec.deviation);
  }
  return weights;
}

void check_weights(const NetworkConfig& config, const NamedTensors& weights,
                   const std::string& where) {
  WeightShapes shapes;
  for (const auto& spec : weight_specs(config)) shapes[spec.name] = spec.shape;
  check_shapes(shapes, weights, where);
}

NamedTensors cast_weights(const NetworkConfig& config, const NamedTensors& weights,
                          torch::ScalarType outer_type, torch::ScalarType block_type) {
  NamedTensors cast;
  for (const auto& spec : weight_specs(config))
    cast[spec.name] = weights.at(spec.name).detach().to(spec.block ? block_type : outer_type);
  return cast;
}

BandedBlocks band_blocks(const NetworkConfig& config, const NamedTensors& weights) {
  std::vector<std::string> names;
  for (const auto& place : block_places(config)) names.push_back(place.name);
  return {config.block, weights, names};
}

torch::Tensor network_forward(const NetworkConfig& config, const NamedTensors& weights,
                              const torch::Tensor& x, const torch::Tensor& c_noise,
                              const BandedBlocks* banded) {
  const Layers layers(weights);
  const auto type = x.scalar_type();
  const int depth = levels(config) - 1;
  const auto embedding = embed_noise(layers, c_noise, config.embedding);

  const auto run_blocks = [&](const std::string& part, int count, ResidualStream& stream) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(fmt::format("{}.{}", part, i));
    if (auto h = stream.x(); banded && banded->fit(h)) {
      banded->run(names, embedding, h);
      stream = ResidualStream(h);
    } else {
      for (const auto& name : names) run_block(config.block, layers, name, embedding, stream);
    }
  };
  const auto cells = at::pixel_unshuffle(x, kStemFactor).contiguous(at::MemoryFormat::ChannelsLast);
  ResidualStream stream(layers.convolution("stem", cells, 1, 1));
  std::vector<torch::Tensor> skips;
  for (int l = 0; l < depth; ++l) {
    run_blocks(fmt::format("encoder.{}", l), config.encoder[l], stream);
    skips.push_back(stream.x());
    const auto down = fmt::format("down.{}", l);
    const auto h = layers.convolution(down, stream.in(layers.type(down)), 2);
    stream = ResidualStream(h.to(type), h);
  }
  run_blocks("middle", config.middle, stream);
  for (int l = depth - 1; l >= 0; --l) {
    const auto up = fmt::format("up.{}", l);
    const auto h = convolve(stream.in(layers.type(up)), by_cell(layers.weight(up)),
                            by_cell(layers.bias(up)), {});
    stream = ResidualStream(add_shuffled(skips[l], h));
    skips[l].reset();
    run_blocks(fmt::format("decoder.{}", l), config.decoder[depth - 1 - l], stream);
  }
  return at::pixel_shuffle(layers.convolution("head", stream.x(), 1, 1), kStemFactor);
}

}  // namespace restore
