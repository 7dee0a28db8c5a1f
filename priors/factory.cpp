#include "priors/factory.h"

#include "librestore/core/error.h"
#include "priors/classic/total_variation.h"
#include "priors/neural/denoiser.h"
#include "priors/neural/shipped.h"

namespace restore {
namespace {

using Prior = std::shared_ptr<const Denoiser>;

// `argument` is what follows the colon, empty without one.
Prior make_total_variation(const std::string& argument) {
  TotalVariationOptions options;
  if (!argument.empty()) set_parameter(TotalVariation::parameters(), options, "strength", argument);
  return std::make_shared<TotalVariation>(options);
}

// `argument`: the type of the network's convolutions.
Prior load_network(const std::filesystem::path& path, const std::string& name,
                   const std::string& argument) {
  if (argument.empty() || argument == "float32") return load_network_prior(path, name);
  if (argument == "bfloat16") return load_network_prior(path, name, Precision::bfloat16);
  throw usage_error("prior '{}': '{}' is not a number type; float32 or bfloat16", name, argument);
}

Prior make_natural(const std::string& argument) {
  const auto path = find_shipped_prior("natural");
  if (!path) {
    std::string folders;
    for (const auto& folder : prior_folders())
      folders += (folders.empty() ? "" : ", ") + folder.string();
    throw usage_error(
        "prior 'natural': no natural.safetensors in {}; set RESTORE_PRIOR_PATH to its folder",
        folders);
  }
  return load_network(*path, argument.empty() ? "natural" : "natural:" + argument, argument);
}

struct Entry {
  PriorRow row;
  Prior (*make)(const std::string& argument);
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> table{
      {{"natural",
        "the shipped network, trained on photographs; natural:bfloat16 is faster on some machines; "
        "a "
        "path to a .safetensors file takes the network in it",
        "Zhang et al. 2022, Plug-and-Play Image Restoration with Deep Denoiser Prior, "
        "https://arxiv.org/abs/2008.13751; docs/prior.md says how it was made",
        {"natural"}},
       make_natural},
      {{"tv",
        "total variation: flat regions with short borders; tv:S smooths S times as much",
        "Rudin, Osher, Fatemi 1992, Nonlinear total variation based noise removal algorithms, "
        "https://doi.org/10.1016/0167-2789(92)90242-F",
        {"tv", "tv:0.3", "tv:4"}},
       make_total_variation},
  };
  return table;
}

std::vector<PriorRow> rows() {
  std::vector<PriorRow> rows;
  for (const Entry& entry : entries()) rows.push_back(entry.row);
  return rows;
}

}  // namespace

const std::vector<PriorRow>& prior_table() {
  static const std::vector<PriorRow> table = rows();
  return table;
}

std::shared_ptr<const Denoiser> make_prior(const std::string& name) {
  if (std::filesystem::path(name).extension() == ".safetensors") {
    if (!std::filesystem::exists(name))
      throw usage_error("prior '{}': no such file; --list-priors names those without one", name);
    return load_network_prior(name);
  }
  const std::size_t colon = name.find(':');
  const std::string head = name.substr(0, colon);
  std::string known;
  for (const Entry& entry : entries()) {
    if (entry.row.name == head)
      return entry.make(colon == std::string::npos ? "" : name.substr(colon + 1));
    known += (known.empty() ? "" : ", ") + entry.row.name;
  }
  throw usage_error("unknown prior '{}'; there are {}", name, known);
}

std::string default_prior_name() { return find_shipped_prior("natural") ? "natural" : "tv"; }

}  // namespace restore
