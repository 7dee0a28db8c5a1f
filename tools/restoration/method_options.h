// What a call asks of a restoration: the prior, the method, and what the method shall make.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "librestore/core/named_rows.h"

namespace restore {

// What every tool that restores takes, besides what a run is asked for (tools/batch/run_options.h).
struct MethodOptions {
  std::string prior{};                    // empty: the default prior
  std::string method{};                   // empty: what the preset says
  std::vector<std::string> parameters{};  // K=V
  std::string quality = "balanced";       // fast, balanced or high: which preset
  std::optional<int> steps{};
  std::string noise{};  // tools/restoration/noise_option.h
  std::uint64_t seed = 0;
  std::string tile = "auto";      // of the prior: auto, a side in pixels, or 0 for none
  std::optional<int> samples{};   // of the posterior; methods that draw none refuse
  std::string estimate = "mean";  // of the samples, or "sample": the first
  std::string uncertainty{};      // file or folder for the samples' standard deviation
  // Asked for something that only a method which draws samples has.
  bool wants_samples() const { return samples || !uncertainty.empty() || estimate == "sample"; }
};

// The `K=V`s of --param; usage error when a name is there twice, or among those that are `given`
// already.
ParameterValues parse_parameters(const std::vector<std::string>& assignments,
                                 std::set<std::string> given = {});

// The `K=V`s, --steps and --samples as the method takes them; `sampler`: it draws samples.
ParameterValues parameter_values(const MethodOptions& options, bool sampler);

}  // namespace restore
