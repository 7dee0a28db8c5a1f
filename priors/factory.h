// Every prior under its name, as --prior takes it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "librestore/model/denoiser.h"

namespace restore {

// A row of the table; --list-priors, the docs and the law tests read it.
struct PriorRow {
  std::string name;                        // "tv", "natural", "FILE.safetensors"
  std::string summary;                     // one line
  std::string citation;                    // authors year, title, link
  std::vector<std::string> law_instances;  // names the law tests run; none for what needs a folder
};

const std::vector<PriorRow>& prior_table();

// `tv`, `tv:0.8` (a parameter after the colon), `natural`, or a path. Usage error that lists the
// known names for anything else. Loading takes time: make it once a run and share it.
std::shared_ptr<const Denoiser> make_prior(const std::string& name);

// The files that decide it, in a fixed order: weights, or the pictures of a folder. None for what
// is computed from the picture alone. For a name that make_prior takes.
std::vector<std::filesystem::path> prior_files(const std::string& name);

// What tools use when no --prior is given: `natural` where that network is installed, else `tv`.
std::string default_prior_name();

}  // namespace restore
