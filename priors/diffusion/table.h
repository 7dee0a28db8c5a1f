// Every unconditional sampler under its name: --sampler, --list-samplers and the tests read this.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "priors/diffusion/sampler.h"

namespace restore {

struct SamplerRow {
  std::string name;
  std::string summary;                       // one line
  std::string citation;                      // authors year, title, link
  std::vector<std::string> (*parameters)();  // described, a line each
  // Values as the user gave them; every key is checked against the parameters.
  std::unique_ptr<Sampler> (*make)(const std::map<std::string, std::string>& values);
};

const std::vector<SamplerRow>& sampler_table();

// Usage error that lists the known names.
const SamplerRow& find_sampler(const std::string& name);

}  // namespace restore
