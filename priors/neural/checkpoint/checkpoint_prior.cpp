#include "priors/neural/checkpoint/checkpoint_prior.h"

#include <array>
#include <numbers>

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "librestore/core/error.h"
#include "priors/neural/architectures/adm.h"
#include "priors/neural/architectures/drunet.h"
#include "priors/neural/architectures/edm_unet.h"
#include "priors/neural/architectures/ffdnet.h"
#include "priors/neural/architectures/plain_cnn.h"
#include "priors/neural/architectures/unet2d.h"
#include "priors/neural/prior_file.h"

namespace restore {
namespace {

constexpr std::array<InferArchitecture*, 6> kArchitectures{
    infer_adm, infer_unet2d, infer_edm_unet, infer_drunet, infer_ffdnet, infer_plain_cnn};

WeightShapes shapes_of(const NamedTensors& tensors) {
  WeightShapes shapes;
  for (const auto& [name, tensor] : tensors) shapes[name] = tensor.sizes().vec();
  return shapes;
}

NamedTensors renamed(const NamedTensors& tensors,
                     const std::function<std::string(const std::string&)>& rename) {
  NamedTensors result;
  for (const auto& [name, tensor] : tensors) result.emplace(rename(name), tensor);
  return result;
}

// Attention's tensors had other names in early versions of diffusers.
std::string current_name(std::string name) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kOld{
      {{".query.", ".to_q."},
       {".key.", ".to_k."},
       {".value.", ".to_v."},
       {".proj_attn.", ".to_out.0."}}};
  for (const auto& [old, current] : kOld)
    if (const auto at = name.find(old);
        at != std::string::npos && name.find("attentions.") != std::string::npos)
      name.replace(at, std::string(old).size(), current);
  return name;
}

std::unique_ptr<Architecture> infer(const NamedTensors& tensors, const Json& stated,
                                    const std::string& where) {
  const auto shapes = shapes_of(tensors);
  for (auto* const infer_one : kArchitectures)
    if (auto architecture = infer_one(shapes, stated, where)) return architecture;
  return nullptr;
}

// With the names as they are, else without `model.` in front of all (a network in a wrapper).
std::unique_ptr<Architecture> infer_renaming(NamedTensors& tensors, const Json& stated,
                                             const std::string& where) {
  if (auto architecture = infer(tensors, stated, where)) return architecture;
  const std::string prefix = "model.";
  const bool all = std::all_of(tensors.begin(), tensors.end(),
                               [&](const auto& entry) { return entry.first.starts_with(prefix); });
  if (!all) return nullptr;
  tensors = renamed(tensors, [&](const std::string& name) { return name.substr(prefix.size()); });
  return infer(tensors, stated, where);
}

// Other schedulers of diffusers, such as those of consistency models, tell of no betas, and are not
// to be read as if they had the usual ones.
void check_scheduler(const Json& scheduler, const std::string& where) {
  const bool tells = scheduler.contains("beta_schedule") || scheduler.contains("trained_betas");
  if (scheduler.contains("_class_name") && !tells)
    throw item_error("{}: its scheduler is a {}, which is not known; only tables of betas are",
                     where, scheduler["_class_name"].dump());
}

// The number in a name like dncnn_25.pth, as sigma; that of dncnn3.pth counts something else.
std::optional<double> sigma_in_name(const std::string& where) {
  const auto stem = std::filesystem::path(where).stem().string();
  const auto from = stem.find_last_not_of("0123456789") + 1;
  if (from == stem.size() || from == 0 || stem.size() - from > 3) return std::nullopt;
  if (stem[from - 1] != '_' && stem[from - 1] != '-') return std::nullopt;
  const double level = std::stod(stem.substr(from)) / 255;
  return level > 0 && level <= 1 ? std::optional(level) : std::nullopt;
}

// What the authors trained and published: the papers in the architectures' headers.
Json published_parametrization(const Architecture& architecture, const std::string& where) {
  const auto name = architecture.name();
  const auto estimate = [](double minimum, double maximum) {
    return Json{{"kind", "estimate"}, {"sigma_range", {minimum / 255, maximum / 255}}};
  };
  if (name == "adm") {
    const bool cosine = architecture.picture_size() == 64;
    return {{"kind", "discrete"}, {"beta_schedule", cosine ? "squaredcos_cap_v2" : "linear"}};
  }
  if (name == "unet2d") return {{"kind", "discrete"}};
  if (name == "song-unet" || name == "dhariwal-unet") return {{"kind", "edm"}};
  if (name == "drunet") return estimate(0, 50);
  if (name == "ffdnet" || name == "fdncnn") return estimate(0, 75);
  if (name == "ircnn" && architecture.config().contains("networks")) return estimate(2, 50);
  const auto level = sigma_in_name(where);
  return level ? estimate(*level * 255, *level * 255) : estimate(0, 55);  // the blind DnCNN's range
}

// Item error for what `set` names and neither the architecture nor the parametrization has.
void check_set(const Json& set, const std::string& where) {
  constexpr std::array kKnown{
      "class",         "heads",       "head_channels", "new_attention_order", "picture_size",
      "kind",          "sigma_range", "sigma_data",    "preconditioning",     "prediction_type",
      "beta_schedule", "beta_start",  "beta_end",      "num_train_timesteps"};
  for (const auto& [key, value] : set.items())
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
      throw usage_error("{}: nothing called '{}' can be set; there are {}", where, key,
                        fmt::join(kKnown, ", "));
}

Json own_card(const Checkpoint& checkpoint) {
  const auto text = checkpoint.metadata.find(kPriorCardKey);
  if (text == checkpoint.metadata.end()) return Json::object();
  Json card = Json::parse(text->second, nullptr, /*allow_exceptions=*/false);
  if (!card.is_object() || !card.contains("architecture") || !card["architecture"].is_object())
    throw item_error("{}: the card is not readable", checkpoint.where);
  return card;
}

}  // namespace

CheckpointPrior interpret_checkpoint(Checkpoint checkpoint, const Json& set) {
  const auto& where = checkpoint.where;
  check_set(set, where);
  Json card = own_card(checkpoint);
  if (checkpoint.config.value("_class_name", "UNet2DModel") != "UNet2DModel")
    throw item_error("{}: a {}; of diffusers' networks only UNet2DModel denoises pictures", where,
                     checkpoint.config["_class_name"].dump());
  Json stated = checkpoint.config;
  if (card.contains("architecture")) stated.update(card["architecture"]);
  stated.update(set);

  CheckpointPrior prior;
  auto tensors = renamed(checkpoint.tensors, current_name);
  prior.architecture = infer_renaming(tensors, stated, where);
  if (prior.architecture == nullptr)
    throw item_error(
        "{}: tensors named like '{}' belong to no architecture that is known here; "
        "docs/own-prior.md lists them",
        where, tensors.empty() ? "" : tensors.begin()->first);
  check_shapes(prior.architecture->weight_shapes(), tensors, where);
  if (stated.contains("kind") && card.contains("architecture") &&
      card["architecture"].value("kind", "") != prior.architecture->name())
    throw item_error("{}: the card says {}, the tensors are those of {}", where,
                     card["architecture"].value("kind", ""), prior.architecture->name());
  prior.weights = std::move(tensors);

  Json parametrization = published_parametrization(*prior.architecture, where);
  check_scheduler(checkpoint.scheduler, where);
  if (!checkpoint.scheduler.empty()) parametrization.update(checkpoint.scheduler);
  if (card.contains("parametrization")) parametrization = card["parametrization"];
  parametrization.update(set);
  prior.parametrization = make_parametrization(parametrization, where);
  for (const char* key :
       {"architecture", "parametrization", "parameters", "receptive_field_px", "sigma_range"})
    card.erase(key);
  prior.about = std::move(card);
  for (const char* key : {"license", "licence"})
    if (const auto text = checkpoint.metadata.find(key); text != checkpoint.metadata.end())
      prior.about["licence"] = text->second;
  return prior;
}

Json card_of(const CheckpointPrior& prior, bool hash) {
  Json card;
  card["architecture"] = {{"kind", prior.architecture->name()}};
  card["architecture"].update(prior.architecture->config());
  card["parametrization"] = prior.parametrization->config();
  card["parameters"] = parameter_count(prior.weights);
  const auto field = prior.architecture->receptive_field();
  card["receptive_field_px"] = field ? Json(*field) : Json("unbounded");
  const auto range = prior.parametrization->sigma_range();
  card["sigma_range"] = {range.minimum, range.maximum};
  if (hash) card["sha256"] = tensors_sha256(prior.weights);
  return card_with(std::move(card), prior.about);
}

void write_checkpoint_prior(const CheckpointPrior& prior, const std::filesystem::path& path,
                            torch::ScalarType type) {
  auto stored = prior;
  for (auto& [name, tensor] : stored.weights) tensor = tensor.to(type).contiguous();
  check_finite(stored.weights, path.string());
  write_safetensors({stored.weights, {{kPriorCardKey, card_of(stored, true).dump()}}}, path);
}

CheckpointDenoiser::CheckpointDenoiser(CheckpointPrior prior, std::string name)
    : LearnedDenoiser(std::move(name), prior.about), prior_(std::move(prior)) {
  for (const auto& [tensor_name, tensor] : prior_.weights)
    weights_[tensor_name] = tensor.to(torch::kFloat32).contiguous();
}

double CheckpointDenoiser::bytes_per_pixel() const {
  // On the way up: input, skip, both side by side, what a block makes of them and the library's own
  // copies: measured with ADM of width 128, less than 12.
  constexpr double kPlanesOfWidth = 12;
  return kPlanesOfWidth * prior_.architecture->full_width() * sizeof(float);
}

const NamedTensors& CheckpointDenoiser::weights_for(torch::ScalarType type) const {
  if (type != torch::kFloat64) return weights_;
  std::call_once(float64_once_, [&] {
    for (const auto& [name, tensor] : prior_.weights)
      float64_weights_[name] = tensor.to(torch::kFloat64).contiguous();
  });
  return float64_weights_;
}

torch::Tensor CheckpointDenoiser::evaluate(const torch::Tensor& x, double sigma) const {
  const auto& architecture = *prior_.architecture;
  const Layers layers(weights_for(x.scalar_type()));
  const NetworkFunction F = [&](const torch::Tensor& input, double level) {
    return architecture.forward(layers, input, level);
  };
  const auto& parametrization = *prior_.parametrization;
  const auto channels = x.size(1), wanted = std::int64_t{architecture.channels()};
  if (channels == wanted) return parametrization.denoise(F, x, sigma);
  if (wanted == 1) {
    const auto grey = x.reshape({-1, 1, x.size(2), x.size(3)});
    return parametrization.denoise(F, grey, sigma).view(x.sizes());
  }
  const auto colour = x.expand({-1, wanted, -1, -1}).contiguous();
  return parametrization.denoise(F, colour, std::numbers::sqrt3 * sigma).mean(1, true);
}

}  // namespace restore
