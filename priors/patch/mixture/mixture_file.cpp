#include "priors/patch/mixture/mixture_file.h"

#include <cmath>

#include "librestore/core/error.h"
#include "priors/tensor_file/card.h"

namespace restore {
namespace {

constexpr const char *kKind = "kind", *kComponents = "components", *kSide = "patch_side",
                     *kSha256 = "sha256";
constexpr const char* kMixtureKind = "patch-mixture";

// As stored.
NamedTensors tensors_of(const PatchMixture& mixture) {
  return {{"weights", mixture.weights.to(torch::kFloat32).contiguous()},
          {"covariances", mixture.covariances.to(torch::kFloat32).contiguous()}};
}

Json card_of(const TensorFile& file, const std::string& where) {
  const auto text = file.metadata.find(kPriorCardKey);
  if (text == file.metadata.end())
    throw item_error("{}: a safetensors file without the card of a prior", where);
  auto card = Json::parse(text->second, nullptr, /*allow_exceptions=*/false);
  if (!card.is_object()) throw item_error("{}: the card is not readable", where);
  return card;
}

void check(const PatchMixture& mixture, const std::string& where) {
  const auto& [weights, covariances] = mixture;
  const auto K = weights.size(0);
  if (weights.dim() != 1 || K < 1 ||
      covariances.sizes() != at::IntArrayRef({K, kPatchValues, kPatchValues}))
    throw item_error("{}: not K weights and K x {} x {} covariances", where, kPatchValues,
                     kPatchValues);
  const bool finite =
      weights.isfinite().all().item<bool>() && covariances.isfinite().all().item<bool>();
  if (!finite || weights.min().item<double>() <= 0)
    throw item_error("{}: weights or covariances that are none", where);
  if (std::abs(weights.sum().item<double>() - 1) > 1e-4)
    throw item_error("{}: the weights do not sum to 1", where);
  const double skew = (covariances - covariances.transpose(1, 2)).abs().max().item<double>();
  if (skew > 1e-6 * covariances.abs().max().item<double>())
    throw item_error("{}: a covariance is not symmetric", where);
}

}  // namespace

Json mixture_card(const MixtureFile& file) {
  return card_with({{kKind, kMixtureKind},
                    {kComponents, file.mixture.size()},
                    {kSide, kPatchSide},
                    {kSha256, tensors_sha256(tensors_of(file.mixture))}},
                   file.about);
}

void write_mixture(const MixtureFile& file, const std::filesystem::path& path) {
  check(file.mixture, path.string());
  write_safetensors({tensors_of(file.mixture), {{kPriorCardKey, mixture_card(file).dump()}}}, path);
}

bool is_mixture(const std::filesystem::path& path) {
  if (path.extension() != ".safetensors" || !std::filesystem::is_regular_file(path)) return false;
  try {
    return card_of(read_safetensors(path), path.string()).value(kKind, Json()) == kMixtureKind;
  } catch (const Error&) {
    return false;  // whoever reads it says what is wrong
  }
}

MixtureFile read_mixture(const std::filesystem::path& path) {
  const std::string where = path.string();
  auto file = read_safetensors(path);
  MixtureFile read{{}, card_of(file, where)};
  if (read.about.value(kKind, Json()) != kMixtureKind)
    throw item_error("{}: not a patch mixture, which `restore-train --kind gmm` makes", where);
  const auto stated = read.about.value(kSha256, Json());
  for (const char* key : {kKind, kComponents, kSide, kSha256}) read.about.erase(key);
  for (const char* name : {"weights", "covariances"})
    if (!file.tensors.contains(name)) throw item_error("{}: tensor '{}' is missing", where, name);
  if (tensors_sha256(file.tensors) != stated)
    throw item_error("{}: damaged: the tensors do not have the SHA-256 on the card", where);
  read.mixture = {file.tensors["weights"].to(torch::kFloat64),
                  file.tensors["covariances"].to(torch::kFloat64)};
  check(read.mixture, where);
  return read;
}

}  // namespace restore
