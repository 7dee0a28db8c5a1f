#include "priors/neural/architectures/unet2d.h"

#include "librestore/core/error.h"
#include "priors/neural/architectures/unet_layers.h"
#include "priors/neural/layers/attention.h"

namespace restore {
Unet2d::Unet2d(const Unet2dConfig& config, Json stated)
    : config_(config), stated_(std::move(stated)) {
  plan();
}

std::int64_t Unet2d::embedding_size() const {
  return config_.time_embedding_dim.value_or(4 * config_.block_out_channels[0]);
}

// The parts in the order in which they run.
void Unet2d::plan() {
  const auto& width = config_.block_out_channels;
  const auto levels = width.size();
  const auto groups = config_.norm_num_groups;
  std::int64_t c = width[0];
  std::vector<std::int64_t> skips{c};
  const auto add = [&](Part part) { parts_.push_back(std::move(part)); };
  for (std::size_t l = 0; l < levels; ++l) {
    const auto block = fmt::format("down_blocks.{}", l);
    const auto [attends, residual] = config_.down_blocks[l];
    for (int i = 0; i < config_.layers_per_block; ++i) {
      add({Kind::residual, fmt::format("{}.resnets.{}", block, i), c, width[l]});
      c = width[l];
      if (attends)
        add({Kind::attention, fmt::format("{}.attentions.{}", block, i), c, c, 0, groups});
      parts_.back().leaves_skip = true;
      skips.push_back(c);
    }
    if (l + 1 == levels) break;
    add({residual ? Kind::residual : Kind::down, block + ".downsamplers.0", c, c, -1});
    parts_.back().leaves_skip = true;
    skips.push_back(c);
  }
  if (config_.has_mid_block) {
    const double divisor = config_.mid_block_scale_factor;
    add({Kind::residual, "mid_block.resnets.0", c, c, 0, 0, divisor});
    if (config_.add_attention)
      add({Kind::attention, "mid_block.attentions.0", c, c, 0,
           config_.attn_norm_num_groups.value_or(config_.scale_shift ? 0 : groups), divisor});
    add({Kind::residual, "mid_block.resnets.1", c, c, 0, 0, divisor});
  }
  for (std::size_t u = 0; u < levels; ++u) {
    const auto l = levels - 1 - u;
    const auto block = fmt::format("up_blocks.{}", u);
    const auto [attends, residual] = config_.up_blocks[u];
    for (int i = 0; i <= config_.layers_per_block; ++i) {
      add({Kind::residual, fmt::format("{}.resnets.{}", block, i), c + skips.back(), width[l]});
      parts_.back().takes_skip = true;
      skips.pop_back();
      c = width[l];
      if (attends)
        add({Kind::attention, fmt::format("{}.attentions.{}", block, i), c, c, 0, groups});
    }
    if (l > 0) add({residual ? Kind::residual : Kind::up, block + ".upsamplers.0", c, c, 1});
  }
}

void Unet2d::add_shapes(WeightShapes& shapes, const Part& part) const {
  const auto& name = part.name;
  const auto in = part.in, out = part.out;
  switch (part.kind) {
    case Kind::down:
    case Kind::up:
      return add_layer(shapes, name + ".conv", {out, in, 3, 3});
    case Kind::attention:
      if (part.groups > 0) add_norm(shapes, name + ".group_norm", in);
      for (const char* layer : {".to_q", ".to_k", ".to_v", ".to_out.0"})
        add_layer(shapes, name + layer, {in, in});
      return;
    case Kind::residual:
      add_norm(shapes, name + ".norm1", in);
      add_layer(shapes, name + ".conv1", {out, in, 3, 3});
      add_layer(shapes, name + ".time_emb_proj",
                {config_.scale_shift ? 2 * out : out, embedding_size()});
      add_norm(shapes, name + ".norm2", out);
      add_layer(shapes, name + ".conv2", {out, out, 3, 3});
      if (in != out) add_layer(shapes, name + ".conv_shortcut", {out, in, 1, 1});
  }
}

WeightShapes Unet2d::weight_shapes() const {
  using Time = Unet2dConfig::TimeEmbedding;
  const auto w = config_.block_out_channels[0], e = embedding_size();
  WeightShapes shapes;
  add_layer(shapes, "conv_in", {w, config_.in_channels, 3, 3});
  if (config_.time_embedding == Time::fourier) shapes["time_proj.weight"] = {w};
  if (config_.time_embedding == Time::learned)
    shapes["time_proj.weight"] = {config_.num_train_timesteps, w};
  add_layer(shapes, "time_embedding.linear_1",
            {e, config_.time_embedding == Time::fourier ? 2 * w : w});
  add_layer(shapes, "time_embedding.linear_2", {e, e});
  if (config_.num_class_embeds > 0)
    shapes["class_embedding.weight"] = {config_.num_class_embeds, e};
  for (const auto& part : parts_) add_shapes(shapes, part);
  add_norm(shapes, "conv_norm_out", w);
  add_layer(shapes, "conv_out", {config_.out_channels, w, 3, 3});
  return shapes;
}

torch::Tensor Unet2d::embed(const Layers& layers, double t) const {
  using Time = Unet2dConfig::TimeEmbedding;
  torch::Tensor h;
  switch (config_.time_embedding) {
    case Time::positional:
      h = sinusoids({config_.block_out_channels[0], config_.flip_sin_to_cos, config_.freq_shift}, t,
                    layers.weight("conv_in").options());
      break;
    case Time::fourier:
      h = fourier_features(layers.weight("time_proj"), std::log(t), false);
      break;
    case Time::learned: {
      const auto last = static_cast<double>(config_.num_train_timesteps - 1);
      const double place = std::clamp(t, 0.0, last), below = std::floor(place);
      const auto row = [&](double i) {
        return layers.weight("time_proj")[static_cast<std::int64_t>(std::min(i, last))];
      };
      h = at::lerp(row(below), row(below + 1), place - below).unsqueeze(0);
    }
  }
  h = layers.linear("time_embedding.linear_2",
                    at::silu(layers.linear("time_embedding.linear_1", h)));
  if (config_.class_label) h = h + layers.weight("class_embedding")[*config_.class_label];
  return at::silu(h);  // as every block begins with it
}

torch::Tensor Unet2d::run_residual(const Layers& layers, const Part& part, const torch::Tensor& x,
                                   const torch::Tensor& embedding) const {
  const auto& name = part.name;
  const GroupNorm norm{config_.norm_num_groups, config_.norm_eps, true};
  const auto how = part.resampling < 0   ? Resample::down
                   : part.resampling > 0 ? Resample::up
                                         : Resample::none;
  auto h = resample(normalise(layers, name + ".norm1", x, norm), how);
  h = layers.convolution(name + ".conv1", h, 1, 1);
  const auto level = layers.linear(name + ".time_emb_proj", embedding);
  if (config_.scale_shift) {
    const auto halves = level.chunk(2, 1);
    h = normalise(layers, name + ".norm2", h, norm, halves[0], halves[1]);
  } else {
    h = normalise(layers, name + ".norm2", h + level.unsqueeze(-1).unsqueeze(-1), norm);
  }
  h = layers.convolution(name + ".conv2", h, 1, 1);
  const auto rest = resample(x, how);
  h = h + (part.in == part.out ? rest : layers.pointwise(name + ".conv_shortcut", rest));
  return part.divisor == 1 ? h : h / part.divisor;
}

torch::Tensor Unet2d::run_attention(const Layers& layers, const Part& part,
                                    const torch::Tensor& x) const {
  const auto& name = part.name;
  const auto h = part.groups == 0 ? x
                                  : normalise(layers, name + ".group_norm", x,
                                              {part.groups, config_.norm_eps, false});
  const auto size = config_.attention_head_dim.value_or(part.in), heads = part.in / size;
  const auto project = [&](const char* layer) {
    const auto tokens = tokens_of(layers.pointwise(name + layer, h));
    return tokens.reshape({tokens.size(0), tokens.size(1), heads, size});
  };
  const auto seen = attention(project(".to_q"), project(".to_k"), project(".to_v"));
  const auto y = x + layers.pointwise(name + ".to_out.0", picture_of(seen.flatten(2), x));
  return part.divisor == 1 ? y : y / part.divisor;
}

torch::Tensor Unet2d::run(const Layers& layers, const Part& part, const torch::Tensor& x,
                          const torch::Tensor& embedding) const {
  switch (part.kind) {
    case Kind::residual:
      return run_residual(layers, part, x, embedding);
    case Kind::attention:
      return run_attention(layers, part, x);
    case Kind::up:
      return layers.convolution(part.name + ".conv", resample(x, Resample::up), 1, 1);
    default: {
      // Without padding the last row and column get zeros beyond them.
      const int padding = config_.downsample_padding;
      const auto padded = padding == 0 ? at::constant_pad_nd(x, {0, 1, 0, 1}) : x;
      return layers.convolution(part.name + ".conv", padded, 2, padding);
    }
  }
}

torch::Tensor Unet2d::forward(const Layers& layers, const torch::Tensor& x, double t) const {
  const auto embedding = embed(layers, t);
  const auto input = config_.center_input_sample ? 2 * x - 1 : x;
  auto h = layers.convolution("conv_in", input.contiguous(at::MemoryFormat::ChannelsLast), 1, 1);
  std::vector<torch::Tensor> skips{h};
  for (const auto& part : parts_) {
    if (part.takes_skip) {
      h = at::cat({h, skips.back()}, 1);
      skips.pop_back();
    }
    h = run(layers, part, h, embedding);
    if (part.leaves_skip) skips.push_back(h);
  }
  const GroupNorm norm{config_.norm_num_groups, config_.norm_eps, true};
  h = layers.convolution("conv_out", normalise(layers, "conv_norm_out", h, norm), 1, 1);
  return config_.time_embedding == Unet2dConfig::TimeEmbedding::fourier ? h / t : h;
}

namespace {

// The value under `key`, or what it is set to where there is none or null.
template <typename T>
void take(const Json& json, const char* key, T& value) {
  if (json.contains(key) && !json.at(key).is_null()) value = json.at(key).get<T>();
}
template <typename T>
void take(const Json& json, const char* key, std::optional<T>& value) {
  if (!json.contains(key)) return;
  if (json.at(key).is_null())
    value.reset();
  else
    value = json.at(key).get<T>();
}

Unet2dConfig::Block parse_block(const std::string& type, bool up, const std::string& resampling,
                                const std::string& where) {
  const std::string way = up ? "Up" : "Down";
  if (type == way + "Block2D") return {false, false};
  if (type == "Attn" + way + "Block2D") return {true, resampling == "resnet"};
  if (type == (up ? "ResnetUpsampleBlock2D" : "ResnetDownsampleBlock2D")) return {false, true};
  throw item_error("{}: blocks of type {} cannot be run", where, type);
}

// What is either one value or refused by name.
void expect(const Json& json, const char* key, std::initializer_list<const char*> known,
            const std::string& where) {
  std::string value = *known.begin();
  take(json, key, value);
  if (std::none_of(known.begin(), known.end(), [&](const char* k) { return value == k; }))
    throw item_error("{}: {} '{}' cannot be run", where, key, value);
}

Unet2dConfig parse(const Json& json, const std::string& where) {
  Unet2dConfig c;
  if (json.contains("sample_size") && json.at("sample_size").is_number())
    c.sample_size = json.at("sample_size").get<int>();
  take(json, "in_channels", c.in_channels);
  take(json, "out_channels", c.out_channels);
  c.block_out_channels = {224, 448, 672, 896};
  take(json, "block_out_channels", c.block_out_channels);
  take(json, "layers_per_block", c.layers_per_block);
  take(json, "add_attention", c.add_attention);
  take(json, "mid_block_scale_factor", c.mid_block_scale_factor);
  take(json, "downsample_padding", c.downsample_padding);
  take(json, "attention_head_dim", c.attention_head_dim);
  take(json, "norm_num_groups", c.norm_num_groups);
  take(json, "attn_norm_num_groups", c.attn_norm_num_groups);
  take(json, "norm_eps", c.norm_eps);
  take(json, "time_embedding_dim", c.time_embedding_dim);
  take(json, "num_train_timesteps", c.num_train_timesteps);
  take(json, "freq_shift", c.freq_shift);
  take(json, "flip_sin_to_cos", c.flip_sin_to_cos);
  take(json, "center_input_sample", c.center_input_sample);
  take(json, "num_class_embeds", c.num_class_embeds);
  take(json, "class", c.class_label);
  expect(json, "act_fn", {"silu", "swish"}, where);
  expect(json, "resnet_time_scale_shift", {"default", "scale_shift"}, where);
  expect(json, "time_embedding_type", {"positional", "fourier", "learned"}, where);
  expect(json, "class_embed_type", {""}, where);
  expect(json, "downsample_type", {"conv", "resnet"}, where);
  expect(json, "upsample_type", {"conv", "resnet"}, where);
  c.scale_shift = json.value("resnet_time_scale_shift", "default") == "scale_shift";
  const auto time = json.value("time_embedding_type", "positional");
  c.time_embedding = time == "fourier"   ? Unet2dConfig::TimeEmbedding::fourier
                     : time == "learned" ? Unet2dConfig::TimeEmbedding::learned
                                         : Unet2dConfig::TimeEmbedding::positional;
  if (json.contains("mid_block_type")) {
    c.has_mid_block = !json.at("mid_block_type").is_null();
    if (c.has_mid_block) expect(json, "mid_block_type", {"UNetMidBlock2D"}, where);
  }
  std::vector<std::string> down{"DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D",
                                "AttnDownBlock2D"},
      up{"AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"};
  take(json, "down_block_types", down);
  take(json, "up_block_types", up);
  for (const auto& type : down)
    c.down_blocks.push_back(parse_block(type, false, json.value("downsample_type", "conv"), where));
  for (const auto& type : up)
    c.up_blocks.push_back(parse_block(type, true, json.value("upsample_type", "conv"), where));
  return c;
}

void check(const Unet2dConfig& c, const std::string& where) {
  const auto levels = c.block_out_channels.size();
  if (levels < 1 || levels > kMostLevels || c.down_blocks.size() != levels ||
      c.up_blocks.size() != levels || c.layers_per_block < 1 || c.layers_per_block > 64 ||
      c.downsample_padding < 0 || c.downsample_padding > 1 || c.norm_num_groups < 1 ||
      c.num_train_timesteps < 1 || c.attn_norm_num_groups.value_or(1) < 1 ||
      c.time_embedding_dim.value_or(1) < 1 || c.sample_size.value_or(1) < 1 ||
      c.mid_block_scale_factor == 0)
    throw item_error("{}: the config's numbers are out of range", where);
  for (const auto width : c.block_out_channels) {
    const auto head = c.attention_head_dim.value_or(width);
    const auto groups = c.attn_norm_num_groups.value_or(c.norm_num_groups);
    if (width < 2 || width % c.norm_num_groups != 0 || width % groups != 0 || head < 1 ||
        width % head != 0)
      throw item_error("{}: {} channels do not divide into groups or heads", where, width);
  }
  if (c.in_channels != 1 && c.in_channels != 3)
    throw item_error("{}: the network takes {} channels, not 1 or 3", where, c.in_channels);
  if (c.num_class_embeds > 0 && !c.class_label)
    throw item_error("{}: a network for classes; say which: restore-prior convert --set class=N",
                     where);
  if (c.class_label && (*c.class_label < 0 || *c.class_label >= c.num_class_embeds))
    throw item_error("{}: no class {}; the network has {}", where, *c.class_label,
                     c.num_class_embeds);
}

}  // namespace

std::unique_ptr<Architecture> infer_unet2d(const WeightShapes& shapes, const Json& stated,
                                           const std::string& where) {
  if (!shapes.contains("conv_in.weight") ||
      !shapes.contains("down_blocks.0.resnets.0.conv1.weight"))
    return nullptr;
  if (!stated.contains("block_out_channels"))
    throw item_error(
        "{}: looks like a UNet2DModel of diffusers; its config.json must lie beside it", where);
  try {
    const auto config = parse(stated, where);
    check(config, where);
    return std::make_unique<Unet2d>(config, stated);
  } catch (const Json::exception& error) {
    throw item_error("{}: the config is not readable: {}", where, error.what());
  }
}

}  // namespace restore
