#include "tools/restoration/method_options.h"

#include <utility>

#include "librestore/core/error.h"
#include "librestore/core/parameters.h"

namespace restore {
namespace {

// Enough for a standard deviation that is right within 18 % (1 / sqrt(2 (K - 1))).
constexpr int kSamplesForUncertainty = 16;

}  // namespace

ParameterValues parse_parameters(const std::vector<std::string>& assignments,
                                 std::set<std::string> given) {
  ParameterValues values;
  for (const auto& assignment : assignments) {
    auto [name, value] = split_assignment("--param", assignment);
    if (!given.insert(name).second)
      throw usage_error("--param {}: {} is given twice: choose one", assignment, name);
    values[name] = std::move(value);
  }
  return values;
}

ParameterValues parameter_values(const MethodOptions& options, bool sampler) {
  ParameterValues values;
  std::set<std::string> given;
  if (options.steps) {
    const std::string name = sampler ? "steps" : "iterations";
    values[name] = std::to_string(*options.steps);
    given.insert(name);
  }
  if (options.samples) given.insert("samples");
  if (sampler && options.samples)
    values["samples"] = std::to_string(*options.samples);
  else if (sampler && !options.uncertainty.empty())
    values["samples"] = std::to_string(kSamplesForUncertainty);
  else if (sampler && options.estimate == "sample")
    values["samples"] = "1";
  auto all = parse_parameters(options.parameters, std::move(given));
  all.merge(values);
  return all;
}

}  // namespace restore
