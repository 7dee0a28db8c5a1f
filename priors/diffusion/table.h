// Every unconditional sampler under its name: --sampler, --list-samplers and the tests read this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "librestore/core/named_rows.h"
#include "priors/diffusion/sampler.h"

namespace restore {

struct SamplerRow {
  std::string name;
  std::string summary;                       // one line
  std::string citation;                      // authors year, title, link
  std::vector<std::string> (*parameters)();  // described, a line each
  // Values as the user gave them; every key is checked against the parameters.
  std::unique_ptr<Sampler> (*make)(const ParameterValues& values);
};

const std::vector<SamplerRow>& sampler_table();

// Usage error that lists the known names.
const SamplerRow& find_sampler(const std::string& name);

}  // namespace restore
