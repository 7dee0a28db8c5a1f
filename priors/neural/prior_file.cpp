#include "priors/neural/prior_file.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "librestore/core/error.h"
#include "priors/neural/layers/safetensors.h"

namespace restore {
namespace {

// The keys of the card that are facts of the file; the rest is `about`.
constexpr const char* kArchitecture = "architecture";
constexpr const char* kParameters = "parameters";
constexpr const char* kMacs = "macs_per_pixel";
constexpr const char* kReceptiveField = "receptive_field_px";
constexpr const char* kSigmaRange = "sigma_range";
constexpr const char* kSha256 = "sha256";
constexpr std::array kFacts{kArchitecture,   kParameters, kMacs,
                            kReceptiveField, kSigmaRange, kSha256};
// And those of the other kinds.
constexpr std::array<std::string_view, 4> kOtherFacts{"parametrization", "kind", "components",
                                                      "patch_side"};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  }
  void add(const void* bytes, std::size_t size) {
    check(EVP_DigestUpdate(context_.get(), bytes, size));
  }
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(context_.get(), digest, &size));
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
  }

 private:
  static void check(bool ok) {
    if (!ok) throw std::runtime_error("libcrypto cannot compute SHA-256");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

void check_finite(const NamedTensors& weights, const std::string& where) {
  for (const auto& [name, tensor] : weights)
    if (!torch::isfinite(tensor.to(torch::kFloat32)).all().item<bool>())
      throw item_error("{}: tensor '{}' holds NaN or infinity", where, name);
}

}  // namespace

std::string tensors_sha256(const NamedTensors& tensors) {
  Sha256 hash;
  for (const auto& [name, tensor] : tensors) {
    const auto stored = tensor.contiguous();
    std::string header = fmt::format("{} {}", name, torch::toString(stored.scalar_type()));
    for (const auto extent : stored.sizes()) header += fmt::format(" {}", extent);
    hash.add(header.c_str(), header.size() + 1);
    hash.add(stored.data_ptr(), stored.nbytes());
  }
  return hash.hex();
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

bool is_card_fact(std::string_view key) {
  const auto is_key = [&](std::string_view fact) { return fact == key; };
  return std::any_of(kFacts.begin(), kFacts.end(), is_key) ||
         std::any_of(kOtherFacts.begin(), kOtherFacts.end(), is_key);
}

Json card_with(Json facts, const Json& about) {
  for (const auto& [key, value] : about.items())
    if (!is_card_fact(key)) facts[key] = value;
  return facts;
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
    Json card = Json::parse(text->second);
    prior.network = network_config_from_json(card.at(kArchitecture), where);
    prior.sigma = {card.at(kSigmaRange).at(0), card.at(kSigmaRange).at(1)};
    sha256 = card.at(kSha256);
    for (const char* key : kFacts) card.erase(key);
    prior.about = std::move(card);
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
