#include "priors/neural/architectures/edm_unet.h"

#include <numbers>

#include "librestore/core/error.h"
#include "priors/neural/architectures/unet_layers.h"
#include "priors/neural/layers/attention.h"

namespace restore {
namespace {

constexpr std::int64_t kHeadChannels = 64;              // DhariwalUNet's; SongUNet has one head
constexpr double kSkipScale = std::numbers::sqrt2 / 2;  // SongUNet's

// Every channel by itself, stride 2; transposed: the adjoint.
torch::Tensor filtered(const torch::Tensor& x, const torch::Tensor& filter, std::int64_t padding,
                       bool transposed) {
  return at::convolution(x, filter, c10::nullopt, {2, 2}, {padding, padding}, {1, 1}, transposed,
                         {0, 0}, x.size(1));
}

std::string at_size(const char* list, int size, const std::string& part) {
  return fmt::format("{}.{}x{}_{}", list, size, size, part);
}

}  // namespace

EdmUnetConfig EdmUnetConfig::ffhq_64_ddpmpp() {
  EdmUnetConfig config;
  config.width = {128, 256, 256, 256};
  config.attends = {false, false, true, false};
  config.augment_features = 9;
  return config;
}

EdmUnetConfig EdmUnetConfig::imagenet_64_adm() {
  EdmUnetConfig config;
  config.dhariwal = true;
  config.model_channels = 192;
  config.width = {192, 384, 576, 768};
  config.attends = {false, true, true, true};
  config.blocks = 3;
  config.classes = 1000;
  return config;
}

EdmUnet::EdmUnet(const EdmUnetConfig& config) : config_(config) { plan(); }

Json EdmUnet::config() const {
  Json json = {{"channels", config_.channels},
               {"picture_size", config_.picture_size},
               {"width", config_.width},
               {"attends", config_.attends},
               {"blocks", config_.blocks}};
  if (!config_.dhariwal) {
    json["fourier"] = config_.fourier;
    json["residual_encoder"] = config_.residual_encoder;
  }
  if (config_.class_label) json["class"] = *config_.class_label;
  return json;
}

// Encoder and decoder in the order in which the authors' code builds and runs them.
void EdmUnet::plan() {
  const auto levels = static_cast<int>(config_.width.size());
  const bool song = !config_.dhariwal;
  std::vector<std::int64_t> skips;
  std::int64_t c = song ? config_.model_channels : config_.width[0];
  std::int64_t pyramid = config_.channels;
  for (int l = 0; l < levels; ++l) {
    const int size = config_.picture_size >> l;
    if (l == 0)
      encoder_.push_back({Kind::stem, at_size("enc", size, "conv"), config_.channels, c});
    else
      encoder_.push_back({Kind::block, at_size("enc", size, "down"), c, c, false, -1});
    skips.push_back(c);
    if (l > 0 && config_.residual_encoder) {
      encoder_.push_back({Kind::pyramid, at_size("enc", size, "aux_residual"), pyramid, c});
      pyramid = c;
    }
    for (int i = 0; i < config_.blocks; ++i) {
      encoder_.push_back({Kind::block, at_size("enc", size, fmt::format("block{}", i)), c,
                          config_.width[l], config_.attends[l]});
      skips.push_back(c = config_.width[l]);
    }
  }
  for (int l = levels - 1; l >= 0; --l) {
    const int size = config_.picture_size >> l;
    if (l == levels - 1) {
      decoder_.push_back({Kind::block, at_size("dec", size, "in0"), c, c, true});
      decoder_.push_back({Kind::block, at_size("dec", size, "in1"), c, c});
    } else {
      decoder_.push_back({Kind::block, at_size("dec", size, "up"), c, c, false, 1});
    }
    for (int i = 0; i <= config_.blocks; ++i) {
      const bool attends = config_.attends[l] && (!song || i == config_.blocks);
      decoder_.push_back({Kind::block, at_size("dec", size, fmt::format("block{}", i)),
                          c + skips.back(), config_.width[l], attends});
      skips.pop_back();
      c = config_.width[l];
    }
  }
}

std::string EdmUnet::output_norm() const {
  return config_.dhariwal ? "out_norm" : at_size("dec", config_.picture_size, "aux_norm");
}
std::string EdmUnet::output_convolution() const {
  return config_.dhariwal ? "out_conv" : at_size("dec", config_.picture_size, "aux_conv");
}

void EdmUnet::add_shapes(WeightShapes& shapes, const Part& part) const {
  const auto& [kind, name, in, out, attends, resampling] = part;
  const std::vector<std::int64_t> filter{1, 1, config_.filter, config_.filter};
  if (kind != Kind::block) {
    add_layer(shapes, name, {out, in, 3, 3});
    if (kind == Kind::pyramid) shapes[name + ".resample_filter"] = filter;
    return;
  }
  add_norm(shapes, name + ".norm0", in);
  add_layer(shapes, name + ".conv0", {out, in, 3, 3});
  add_layer(shapes, name + ".affine",
            {config_.dhariwal ? 2 * out : out, 4 * config_.model_channels});
  add_norm(shapes, name + ".norm1", out);
  add_layer(shapes, name + ".conv1", {out, out, 3, 3});
  if (in != out || (resampling != 0 && !config_.dhariwal))
    add_layer(shapes, name + ".skip", {out, in, 1, 1});
  if (resampling != 0)
    shapes[name + ".conv0.resample_filter"] = shapes[name + ".skip.resample_filter"] = filter;
  if (!attends) return;
  add_norm(shapes, name + ".norm2", out);
  add_layer(shapes, name + ".qkv", {3 * out, out, 1, 1});
  add_layer(shapes, name + ".proj", {out, out, 1, 1});
}

WeightShapes EdmUnet::weight_shapes() const {
  const auto m = config_.model_channels;
  const auto features = config_.fourier ? 2 * m : m;
  WeightShapes shapes;
  add_layer(shapes, "map_layer0", {4 * m, features});
  add_layer(shapes, "map_layer1", {4 * m, 4 * m});
  if (config_.fourier) shapes["map_noise.freqs"] = {features / 2};
  if (config_.augment_features > 0)
    shapes["map_augment.weight"] = {features, config_.augment_features};
  if (config_.classes > 0 && config_.dhariwal)
    shapes["map_label.weight"] = {4 * m, config_.classes};
  else if (config_.classes > 0)
    add_layer(shapes, "map_label", {features, config_.classes});
  for (const auto* parts : {&encoder_, &decoder_})
    for (const auto& part : *parts) add_shapes(shapes, part);
  add_norm(shapes, output_norm(), config_.width[0]);
  add_layer(shapes, output_convolution(), {config_.channels, config_.width[0], 3, 3});
  return shapes;
}

torch::Tensor EdmUnet::embed(const Layers& layers, const torch::Tensor& x, double c_noise) const {
  const auto m = config_.model_channels;
  // A network for classes that is told of none takes all of them as 0, as the authors' code does.
  torch::Tensor label;
  if (config_.class_label)
    label = layers.weight("map_label").select(1, *config_.class_label).unsqueeze(0);
  if (config_.dhariwal) {
    auto h = at::silu(layers.linear("map_layer0", sinusoids({m}, c_noise, x.options())));
    h = layers.linear("map_layer1", h);
    return at::silu(label.defined() ? h + label : h);
  }
  // SongUNet swaps the halves that its sinusoids give: sines first.
  auto h = config_.fourier ? fourier_features(layers.tensor("map_noise.freqs"), c_noise, false)
                           : sinusoids({m, false, 1}, c_noise, x.options());
  if (config_.classes > 0) h = h + *layers.bias("map_label");
  if (label.defined()) h = h + label * std::sqrt(static_cast<double>(config_.classes));
  h = at::silu(layers.linear("map_layer0", h));
  return at::silu(layers.linear("map_layer1", h));
}

torch::Tensor EdmUnet::resample_filtered(const Layers& layers, const std::string& name,
                                         const torch::Tensor& x, int resampling) const {
  if (resampling == 0) return x;
  if (config_.filter == 2) return resample(x, resampling < 0 ? Resample::down : Resample::up);
  const auto c = x.size(1), padding = (config_.filter - 1) / 2;
  const auto f = layers.tensor(name + ".resample_filter").to(x.options()).repeat({c, 1, 1, 1});
  return resampling < 0 ? filtered(x, f, padding, false) : filtered(x, 4 * f, padding, true);
}

torch::Tensor EdmUnet::run_attention(const Layers& layers, const Part& part,
                                     const torch::Tensor& x) const {
  const auto c = part.out, heads = config_.dhariwal ? c / kHeadChannels : 1;
  const GroupNorm norm{std::min<std::int64_t>(32, c / 4), config_.dhariwal ? 1e-5 : 1e-6, false};
  const auto qkv = tokens_of(
      layers.pointwise(part.name + ".qkv", normalise(layers, part.name + ".norm2", x, norm)));
  // q, k and v of a channel lie side by side.
  const auto split = qkv.reshape({qkv.size(0), qkv.size(1), heads, c / heads, 3});
  const auto piece = [&](int i) { return split.select(4, i).contiguous(); };
  const auto h = attention(piece(0), piece(1), piece(2));
  return x + layers.pointwise(part.name + ".proj", picture_of(h.flatten(2), x));
}

torch::Tensor EdmUnet::run_block(const Layers& layers, const Part& part, const torch::Tensor& x,
                                 const torch::Tensor& embedding) const {
  const auto& name = part.name;
  const double scale = config_.dhariwal ? 1 : kSkipScale;
  const auto norm = [&](std::int64_t c) {
    return GroupNorm{std::min<std::int64_t>(32, c / 4), config_.dhariwal ? 1e-5 : 1e-6, true};
  };
  auto h = normalise(layers, name + ".norm0", x, norm(part.in));
  h = resample_filtered(layers, name + ".conv0", h, part.resampling);
  h = layers.convolution(name + ".conv0", h, 1, 1);
  const auto level = layers.linear(name + ".affine", embedding);
  if (config_.dhariwal) {
    const auto halves = level.chunk(2, 1);
    h = normalise(layers, name + ".norm1", h, norm(part.out), halves[0], halves[1]);
  } else {
    h = normalise(layers, name + ".norm1", h + level.unsqueeze(-1).unsqueeze(-1), norm(part.out));
  }
  h = layers.convolution(name + ".conv1", h, 1, 1);
  auto rest = resample_filtered(layers, name + ".skip", x, part.resampling);
  if (layers.has(name + ".skip")) rest = layers.pointwise(name + ".skip", rest);
  h = (h + rest) * scale;
  return part.attends ? run_attention(layers, part, h) * scale : h;
}

torch::Tensor EdmUnet::forward(const Layers& layers, const torch::Tensor& x, double c_noise) const {
  const auto embedding = embed(layers, x, c_noise);
  auto h = x.contiguous(at::MemoryFormat::ChannelsLast);
  auto pyramid = h;
  std::vector<torch::Tensor> skips;
  for (const auto& part : encoder_) {
    if (part.kind == Kind::pyramid) {
      // The convolution and the filter as one: conv at full size with the filter's padding, then
      // the filter.
      const auto c = part.out, filter_padding = (config_.filter - 1) / 2;
      const auto f = layers.tensor(part.name + ".resample_filter").to(x.options());
      auto reduced =
          layers.convolution(part.name, pyramid, 1, 1 + static_cast<int>(filter_padding), 1, 1);
      // The bias comes last: the filter, of sum 1, leaves it as it is where nothing is padded after
      // it.
      reduced = filtered(reduced, f.repeat({c, 1, 1, 1}), 0, false);
      h = skips.back() = pyramid = (h + reduced) * kSkipScale;
      continue;
    }
    h = part.kind == Kind::stem ? layers.convolution(part.name, h, 1, 1)
                                : run_block(layers, part, h, embedding);
    skips.push_back(h);
  }
  for (const auto& part : decoder_) {
    if (h.size(1) != part.in) {
      h = at::cat({h, skips.back()}, 1);
      skips.pop_back();
    }
    h = run_block(layers, part, h, embedding);
  }
  const GroupNorm norm{std::min<std::int64_t>(32, config_.width[0] / 4),
                       config_.dhariwal ? 1e-5 : 1e-6, true};
  return layers.convolution(output_convolution(), normalise(layers, output_norm(), h, norm), 1, 1);
}

namespace {

// The largest R of the tensors enc.RxR_conv; 0 when there is none.
int find_picture_size(const WeightShapes& shapes) {
  for (int size = 1; size <= 4096; ++size)
    if (shapes.contains(at_size("enc", size, "conv.weight"))) return size;
  return 0;
}

void check(const EdmUnetConfig& config, const std::string& where) {
  if (config.channels != 1 && config.channels != 3)
    throw item_error("{}: the network takes {} channels, not 1 or 3", where, config.channels);
  if (config.width.empty() || config.width.size() > kMostLevels)
    throw item_error("{}: {} levels", where, config.width.size());
  if (config.filter < 2 || config.filter > 64 || config.filter % 2 != 0)
    throw item_error("{}: a resampling filter of {} taps", where, config.filter);
  const std::int64_t unit = config.dhariwal ? kHeadChannels : 4;
  for (const auto width : config.width)
    if (width < 1 || width % unit != 0 || width % std::min<std::int64_t>(32, width / 4) != 0)
      throw item_error("{}: {} channels do not divide into groups", where, width);
  if (config.class_label && (*config.class_label < 0 || *config.class_label >= config.classes))
    throw item_error("{}: no class {}; the network has {}", where, *config.class_label,
                     config.classes);
}

}  // namespace

std::unique_ptr<Architecture> infer_edm_unet(const WeightShapes& shapes, const Json& stated,
                                             const std::string& where) {
  const int size = find_picture_size(shapes);
  if (size == 0 || !shapes.contains("map_layer0.weight")) return nullptr;
  const auto has = [&](const std::string& name) { return shapes.contains(name); };
  EdmUnetConfig config;
  config.dhariwal = has("out_norm.weight");
  config.picture_size = size;
  config.channels = static_cast<int>(extent(shapes, at_size("enc", size, "conv.weight"), 1));
  config.model_channels = extent(shapes, "map_layer1.weight", 0) / 4;
  config.fourier = has("map_noise.freqs");
  config.augment_features = extent(shapes, "map_augment.weight", 1);
  config.classes = extent(shapes, "map_label.weight", 1);
  config.blocks = count_tensors(shapes, at_size("enc", size, "block"), ".norm0.weight");
  for (int s = size; s > 0 && has(at_size("enc", s, "block0.norm0.weight")); s /= 2) {
    config.width.push_back(extent(shapes, at_size("enc", s, "block0.conv0.weight"), 0));
    config.attends.push_back(has(at_size("enc", s, "block0.qkv.weight")));
  }
  config.residual_encoder = has(at_size("enc", size / 2, "aux_residual.weight"));
  if (const auto taps = extent(shapes, at_size("enc", size / 2, "down.conv0.resample_filter"), 2);
      taps > 0)
    config.filter = taps;
  if (has(at_size("enc", size / 2, "aux_skip.weight")))
    throw item_error(
        "{}: a SongUNet whose encoder has skips; only the plain and the residual one "
        "can be run",
        where);
  try {
    if (stated.contains("class")) config.class_label = stated.at("class").get<std::int64_t>();
  } catch (const Json::exception& error) {
    throw item_error("{}: the architecture is not readable: {}", where, error.what());
  }
  check(config, where);
  return std::make_unique<EdmUnet>(config);
}

}  // namespace restore
