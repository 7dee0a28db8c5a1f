// A row of a table of methods, and how a method declares itself to be one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "librestore/core/parameters.h"
#include "librestore/model/method.h"

namespace restore {

// K=V as the user gave them; every key is checked against the row's parameters.
using ParameterValues = std::map<std::string, std::string>;

struct MethodRow {
  std::string name;
  std::string summary;                       // one line
  std::string citation;                      // authors year, title, link
  std::string needs;                         // "any operator", "identity"
  std::vector<std::string> (*parameters)();  // described, a line each
  std::unique_ptr<Method> (*make)(const ParameterValues& values);
};

// For a `Solver` with static parameters() and a constructor from its Options.
template <typename Solver, typename Options>
std::vector<std::string> describe_method() {
  return describe_parameters<Options>(Solver::parameters());
}

template <typename Solver, typename Options>
std::unique_ptr<Method> make_method(const ParameterValues& values) {
  Options options;
  for (const auto& [name, value] : values)
    set_parameter(Solver::parameters(), options, name, value);
  return std::make_unique<Solver>(options);
}

}  // namespace restore
