#include "priors/factory.h"

#include "librestore/core/error.h"
#include "priors/classic/total_variation.h"
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

struct Entry {
  PriorRow row;
  Prior (*make)(const std::string& argument);
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> table{
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
