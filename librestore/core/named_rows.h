// Tables of what can be asked for by name: solvers, samplers, priors. A row has a `name`.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "librestore/core/error.h"
#include "librestore/core/parameters.h"

namespace restore {

// Null when no row has it.
template <typename Row>
const Row* look_up(const std::vector<Row>& table, std::string_view name) {
  for (const Row& row : table)
    if (row.name == name) return &row;
  return nullptr;
}

// "hqs, admm, fista"
template <typename Row>
std::string names_in(const std::vector<Row>& table) {
  std::string names;
  for (const Row& row : table) names += (names.empty() ? "" : ", ") + row.name;
  return names;
}

// Usage error that lists the known names; `what` says what the table holds.
template <typename Row>
const Row& find_row(const std::vector<Row>& table, std::string_view name, const char* what) {
  if (const Row* row = look_up(table, name)) return *row;
  throw usage_error("unknown {} '{}'; there are {}", what, name, names_in(table));
}

// --- What a row describes and makes: a T with Options, static parameters(), made from Options. ---

// K=V as the user gave them.
using ParameterValues = std::map<std::string, std::string>;

template <typename T>
std::vector<std::string> parameter_lines() {
  return describe_parameters(T::parameters());
}

// Every key is checked against T's parameters.
template <typename T>
typename T::Options options_of(const ParameterValues& values) {
  typename T::Options options;
  for (const auto& [name, value] : values) set_parameter(T::parameters(), options, name, value);
  return options;
}

template <typename Base, typename T>
std::unique_ptr<Base> make_from(const ParameterValues& values) {
  return std::make_unique<T>(options_of<T>(values));
}

}  // namespace restore
