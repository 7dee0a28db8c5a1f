// Every solver under its name: the tools' --solver and --method, --list-methods and the docs read
// this.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "librestore/model/method.h"

namespace restore {

// K=V as the user gave them; every key is checked against the row's parameters.
using ParameterValues = std::map<std::string, std::string>;

struct MethodRow {
  std::string name;
  std::string summary;                       // one line
  std::string citation;                      // authors year, title, link
  std::string needs;                         // "linear operator", "identity"
  std::vector<std::string> (*parameters)();  // described, a line each
  std::unique_ptr<Method> (*make)(const ParameterValues& values);
};

const std::vector<MethodRow>& solver_table();

// Usage error that lists the known names.
const MethodRow& find_solver(const std::string& name);

}  // namespace restore
