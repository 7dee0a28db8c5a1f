#include "priors/neural/architectures/adm.h"

#include "librestore/core/error.h"
#include "priors/neural/architectures/unet_layers.h"
#include "priors/neural/layers/attention.h"

namespace restore {
namespace {

constexpr GroupNorm kNorm{32, 1e-5, true};
constexpr GroupNorm kPlainNorm{32, 1e-5, false};

AdmConfig published(std::int64_t model_channels, int blocks, std::vector<bool> attends) {
  AdmConfig config;
  config.model_channels = model_channels;
  for (const int multiple : {1, 1, 2, 2, 4, 4}) config.width.push_back(multiple * model_channels);
  config.attends = std::move(attends);
  config.blocks = blocks;
  config.picture_size = 256;
  return config;
}

}  // namespace

AdmConfig AdmConfig::ffhq_256() {
  return published(128, 1, {false, false, false, false, true, false});
}
AdmConfig AdmConfig::imagenet_256() {
  return published(256, 2, {false, false, false, true, true, true});
}

Adm::Adm(const AdmConfig& config) : config_(config) { plan(); }

Json Adm::config() const {
  Json json = {
      {"channels", config_.channels}, {"learned_variance", config_.learned_variance},
      {"width", config_.width},       {"attends", config_.attends},
      {"blocks", config_.blocks},     {"new_attention_order", config_.new_attention_order}};
  if (config_.head_channels > 0)
    json["head_channels"] = config_.head_channels;
  else
    json["heads"] = config_.heads;
  if (config_.picture_size) json["picture_size"] = *config_.picture_size;
  if (config_.class_label) json["class"] = *config_.class_label;
  return json;
}

// The stages in the order of their numbers, as guided-diffusion counts them.
void Adm::plan() {
  const auto levels = static_cast<int>(config_.width.size());
  const auto place = [](const char* list, std::size_t stage, std::size_t part) {
    return fmt::format("{}.{}.{}", list, stage, part);
  };
  std::int64_t c = config_.width[0];
  std::vector<std::int64_t> skips{c};
  input_ = {{{Kind::stem, place("input_blocks", 0, 0), config_.channels, c}}};
  for (int l = 0; l < levels; ++l) {
    for (int i = 0; i < config_.blocks; ++i) {
      const auto stage = input_.size();
      input_.push_back({{Kind::residual, place("input_blocks", stage, 0), c, config_.width[l]}});
      c = config_.width[l];
      if (config_.attends[l])
        input_.back().push_back({Kind::attention, place("input_blocks", stage, 1), c, c});
      skips.push_back(c);
    }
    if (l + 1 == levels) break;
    const auto kind = config_.residual_resampling ? Kind::residual : Kind::down;
    input_.push_back({{kind, place("input_blocks", input_.size(), 0), c, c, -1}});
    skips.push_back(c);
  }
  middle_ = {{Kind::residual, "middle_block.0", c, c},
             {Kind::attention, "middle_block.1", c, c},
             {Kind::residual, "middle_block.2", c, c}};
  for (int l = levels - 1; l >= 0; --l)
    for (int i = 0; i <= config_.blocks; ++i) {
      const auto stage = output_.size();
      output_.push_back(
          {{Kind::residual, place("output_blocks", stage, 0), c + skips.back(), config_.width[l]}});
      skips.pop_back();
      c = config_.width[l];
      auto& parts = output_.back();
      if (config_.attends[l])
        parts.push_back({Kind::attention, place("output_blocks", stage, 1), c, c});
      if (l > 0 && i == config_.blocks)
        parts.push_back({config_.residual_resampling ? Kind::residual : Kind::up,
                         place("output_blocks", stage, parts.size()), c, c, 1});
    }
}

void Adm::add_shapes(WeightShapes& shapes, const Part& part) const {
  const auto& [kind, name, in, out, resampling] = part;
  switch (kind) {
    case Kind::stem:
      return add_layer(shapes, name, {out, in, 3, 3});
    case Kind::down:
      return add_layer(shapes, name + ".op", {out, in, 3, 3});
    case Kind::up:
      return add_layer(shapes, name + ".conv", {out, in, 3, 3});
    case Kind::attention:
      add_norm(shapes, name + ".norm", in);
      add_layer(shapes, name + ".qkv", {3 * in, in, 1});
      return add_layer(shapes, name + ".proj_out", {in, in, 1});
    case Kind::residual:
      add_norm(shapes, name + ".in_layers.0", in);
      add_layer(shapes, name + ".in_layers.2", {out, in, 3, 3});
      add_layer(shapes, name + ".emb_layers.1",
                {config_.scale_shift ? 2 * out : out, 4 * config_.model_channels});
      add_norm(shapes, name + ".out_layers.0", out);
      add_layer(shapes, name + ".out_layers.3", {out, out, 3, 3});
      if (in != out) add_layer(shapes, name + ".skip_connection", {out, in, 1, 1});
  }
}

WeightShapes Adm::weight_shapes() const {
  const auto m = config_.model_channels;
  WeightShapes shapes;
  add_layer(shapes, "time_embed.0", {4 * m, m});
  add_layer(shapes, "time_embed.2", {4 * m, 4 * m});
  if (config_.classes > 0) shapes["label_emb.weight"] = {config_.classes, 4 * m};
  for (const auto* stages : {&input_, &output_})
    for (const auto& stage : *stages)
      for (const auto& part : stage) add_shapes(shapes, part);
  for (const auto& part : middle_) add_shapes(shapes, part);
  add_norm(shapes, "out.0", config_.width[0]);
  add_layer(shapes, "out.2",
            {config_.channels * (config_.learned_variance ? 2 : 1), config_.width[0], 3, 3});
  return shapes;
}

torch::Tensor Adm::run_residual(const Layers& layers, const Part& part, const torch::Tensor& x,
                                const torch::Tensor& embedding) const {
  const auto& name = part.name;
  const auto how = part.resampling < 0   ? Resample::down
                   : part.resampling > 0 ? Resample::up
                                         : Resample::none;
  auto h = resample(normalise(layers, name + ".in_layers.0", x, kNorm), how);
  h = layers.convolution(name + ".in_layers.2", h, 1, 1);
  const auto level = layers.linear(name + ".emb_layers.1", embedding);
  if (config_.scale_shift) {
    const auto halves = level.chunk(2, 1);
    h = normalise(layers, name + ".out_layers.0", h, kNorm, halves[0], halves[1]);
  } else {
    h = normalise(layers, name + ".out_layers.0", h + level.unsqueeze(-1).unsqueeze(-1), kNorm);
  }
  h = layers.convolution(name + ".out_layers.3", h, 1, 1);
  const auto rest = resample(x, how);
  return h + (part.in == part.out ? rest : layers.pointwise(name + ".skip_connection", rest));
}

torch::Tensor Adm::run_attention(const Layers& layers, const Part& part,
                                 const torch::Tensor& x) const {
  const auto c = part.in;
  const auto heads = config_.head_channels > 0 ? c / config_.head_channels : config_.heads;
  const auto qkv = tokens_of(
      layers.pointwise(part.name + ".qkv", normalise(layers, part.name + ".norm", x, kPlainNorm)));
  const auto n = qkv.size(0), tokens = qkv.size(1);
  const auto split = config_.new_attention_order
                         ? qkv.reshape({n, tokens, 3, heads, c / heads})
                         : qkv.reshape({n, tokens, heads, 3, c / heads}).transpose(2, 3);
  const auto h = attention(split.select(2, 0), split.select(2, 1), split.select(2, 2));
  return x + layers.pointwise(part.name + ".proj_out", picture_of(h.flatten(2), x));
}

torch::Tensor Adm::run(const Layers& layers, const Stage& stage, torch::Tensor h,
                       const torch::Tensor& embedding) const {
  for (const auto& part : stage) switch (part.kind) {
      case Kind::stem:
        h = layers.convolution(part.name, h, 1, 1);
        break;
      case Kind::residual:
        h = run_residual(layers, part, h, embedding);
        break;
      case Kind::attention:
        h = run_attention(layers, part, h);
        break;
      case Kind::down:
        h = layers.convolution(part.name + ".op", h, 2, 1);
        break;
      case Kind::up:
        h = layers.convolution(part.name + ".conv", resample(h, Resample::up), 1, 1);
        break;
    }
  return h;
}

torch::Tensor Adm::forward(const Layers& layers, const torch::Tensor& x, double t) const {
  auto embedding = sinusoids({config_.model_channels}, t, x.options());
  embedding = layers.linear("time_embed.2", at::silu(layers.linear("time_embed.0", embedding)));
  if (config_.class_label) embedding = embedding + layers.weight("label_emb")[*config_.class_label];
  embedding = at::silu(embedding);  // as every block begins with it

  auto h = x.contiguous(at::MemoryFormat::ChannelsLast);
  std::vector<torch::Tensor> skips;
  for (const auto& stage : input_) skips.push_back(h = run(layers, stage, h, embedding));
  h = run(layers, middle_, h, embedding);
  for (const auto& stage : output_) {
    h = at::cat({h, skips.back()}, 1);
    skips.pop_back();
    h = run(layers, stage, h, embedding);
  }
  return layers.convolution("out.2", normalise(layers, "out.0", h, kNorm), 1, 1);
}

namespace {

// The networks that the authors published: https://github.com/openai/guided-diffusion, README.
void assume_published(AdmConfig& config) {
  const auto levels = config.width.size();
  if (levels >= 4 && levels <= 7) config.picture_size = 64 << (levels - 4);
  config.new_attention_order = levels == 4;
  if (levels == 5) config.head_channels = 0;  // four heads
}

void take_stated(AdmConfig& config, const Json& stated, const std::string& where) {
  try {
    config.new_attention_order = stated.value("new_attention_order", config.new_attention_order);
    config.head_channels = stated.value("head_channels", config.head_channels);
    if (stated.contains("heads")) {
      config.heads = stated.at("heads");
      config.head_channels = 0;
    }
    if (stated.contains("picture_size")) config.picture_size = stated.at("picture_size").get<int>();
    if (stated.contains("class")) config.class_label = stated.at("class").get<std::int64_t>();
  } catch (const Json::exception& error) {
    throw item_error("{}: the architecture is not readable: {}", where, error.what());
  }
}

void check(const AdmConfig& config, const std::string& where) {
  if (config.classes > 0 && !config.class_label)
    throw item_error("{}: a network for classes; say which: restore-prior convert --set class=N",
                     where);
  if (config.picture_size && *config.picture_size < 4)
    throw item_error("{}: picture_size {}: 4 or more", where, *config.picture_size);
  if (config.class_label && (*config.class_label < 0 || *config.class_label >= config.classes))
    throw item_error("{}: no class {}; the network has {}", where, *config.class_label,
                     config.classes);
  const auto part = config.head_channels > 0 ? config.head_channels : config.heads;
  for (std::size_t l = 0; l < config.width.size(); ++l) {
    const auto width = config.width[l];
    if (width < 1 || width % kNorm.groups != 0)
      throw item_error("{}: {} channels are no multiple of {}", where, width, kNorm.groups);
    // The middle attends too.
    const bool attends = config.attends[l] || l + 1 == config.width.size();
    if (part < 1 || (attends && width % part != 0))
      throw item_error(
          "{}: {} channels do not divide into attention heads; set heads or "
          "head_channels with restore-prior convert --set",
          where, width);
  }
}

}  // namespace

std::unique_ptr<Architecture> infer_adm(const WeightShapes& shapes, const Json& stated,
                                        const std::string& where) {
  if (!shapes.contains("time_embed.0.weight") || !shapes.contains("input_blocks.0.0.weight"))
    return nullptr;
  const auto has = [&](const std::string& name) { return shapes.contains(name); };
  AdmConfig config;
  config.model_channels = extent(shapes, "time_embed.0.weight", 1);
  config.channels = static_cast<int>(extent(shapes, "input_blocks.0.0.weight", 1));
  config.learned_variance = extent(shapes, "out.2.weight", 0) == 2 * config.channels;
  config.classes = extent(shapes, "label_emb.weight", 0);
  // The way up enlarges after one stage more than there are blocks on a level of the way down.
  const auto enlarges = [&](int stage) {
    const auto part = [&](int i) { return fmt::format("output_blocks.{}.{}", stage, i); };
    return has(part(1) + ".in_layers.0.weight") || has(part(1) + ".conv.weight") ||
           has(part(2) + ".in_layers.0.weight") || has(part(2) + ".conv.weight");
  };
  const auto stages = count_tensors(shapes, "output_blocks.", ".0.in_layers.0.weight");
  int first = 0;
  while (first < stages && !enlarges(first)) ++first;
  config.blocks = first < stages ? first : stages - 1;
  if (config.blocks < 1 || stages % (config.blocks + 1) != 0 ||
      stages / (config.blocks + 1) > kMostLevels)
    throw item_error("{}: output_blocks do not divide into levels", where);
  for (int stage = 1; stage < stages; stage += config.blocks + 1) {
    const auto name = fmt::format("input_blocks.{}", stage);
    config.width.push_back(extent(shapes, name + ".0.out_layers.3.weight", 0));
    config.attends.push_back(has(name + ".1.qkv.weight"));
  }
  config.residual_resampling = !has(fmt::format("input_blocks.{}.0.op.weight", config.blocks + 1));
  config.scale_shift =
      extent(shapes, "middle_block.0.emb_layers.1.weight", 0) == 2 * config.width.back();
  if (config.channels != 1 && config.channels != 3)
    throw item_error("{}: input_blocks.0.0.weight takes {} channels, not 1 or 3", where,
                     config.channels);
  assume_published(config);
  take_stated(config, stated, where);
  check(config, where);
  return std::make_unique<Adm>(config);
}

}  // namespace restore
