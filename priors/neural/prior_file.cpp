#include "priors/neural/prior_file.h"

#include "librestore/core/error.h"
#include "priors/tensor_file/card.h"

namespace restore {
namespace {

// Facts of the file on the card; the rest is `about`.
constexpr const char* kArchitecture = "architecture";
constexpr const char* kParameters = "parameters";
constexpr const char* kMacs = "macs_per_pixel";
constexpr const char* kReceptiveField = "receptive_field_px";
constexpr const char* kSigmaRange = "sigma_range";
constexpr const char* kSha256 = "sha256";

}  // namespace

void check_finite(const NamedTensors& weights, const std::string& where) {
  for (const auto& [name, tensor] : weights)
    if (!torch::isfinite(tensor.to(torch::kFloat32)).all().item<bool>())
      throw item_error("{}: tensor '{}' holds NaN or infinity{}", where, name,
                       tensor.scalar_type() == torch::kFloat16 ? " (float16 ends at 65504)" : "");
}

Json prior_card(const PriorFile& prior) {
  Json card;
  card[kArchitecture] = to_json(prior.network);
  card[kParameters] = parameter_count(prior.weights);
  card[kMacs] = macs_per_pixel(prior.network);
  card[kReceptiveField] = receptive_field(prior.network);
  card[kSigmaRange] = {prior.sigma.minimum, prior.sigma.maximum};
  card[kSha256] = tensors_sha256(prior.weights);
  return card_with(std::move(card), prior.about);
}

void write_prior(const PriorFile& prior, const std::filesystem::path& path,
                 torch::ScalarType type) {
  PriorFile stored = prior;
  for (auto& [name, tensor] : stored.weights) tensor = tensor.to(type).contiguous();
  check_finite(stored.weights, path.string());
  write_safetensors({stored.weights, {{kPriorCardKey, prior_card(stored).dump()}}}, path);
}

PriorFile read_prior(const std::filesystem::path& path) {
  const std::string where = path.string();
  auto file = read_safetensors(path);
  const auto text = file.metadata.find(kPriorCardKey);
  if (text == file.metadata.end())
    throw item_error("{}: a safetensors file without the card of a prior", where);
  PriorFile prior;
  std::string sha256;
  try {
    const Json card = Json::parse(text->second);
    prior.network = network_config_from_json(card.at(kArchitecture), where);
    prior.sigma = {card.at(kSigmaRange).at(0), card.at(kSigmaRange).at(1)};
    sha256 = card.at(kSha256);
    prior.about = card_with(Json::object(), card);
  } catch (const Json::exception& error) {
    throw item_error("{}: the card is not readable: {}", where, error.what());
  }
  if (!(prior.sigma.minimum > 0 && prior.sigma.maximum >= prior.sigma.minimum))
    throw item_error("{}: the card's sigma range is not one", where);
  prior.weights = std::move(file.tensors);
  check_weights(prior.network, prior.weights, where);
  if (tensors_sha256(prior.weights) != sha256)
    throw item_error("{}: damaged: the tensors do not have the SHA-256 on the card", where);
  check_finite(prior.weights, where);
  return prior;
}

}  // namespace restore
