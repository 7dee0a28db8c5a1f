// Every prior under its name, as --prior takes it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "librestore/model/denoiser.h"

namespace restore {

struct PriorRow {
  std::string name;      // "tv", "natural", "FILE.safetensors"
  std::string summary;   // one line
  std::string citation;  // authors year, title, link
};

const std::vector<PriorRow>& prior_table();

// `tv`, `tv:0.8` (a parameter after the colon), `natural`, or a path. Usage error that lists the known
// names for anything else. Loading takes time: make it once a run and share it.
std::shared_ptr<const Denoiser> make_prior(const std::string& name);

}  // namespace restore
