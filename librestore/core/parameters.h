// A parameter is declared once, as data: name, unit, range, help, and the struct field it sets,
// whose initialiser is the default. Command line (--param K=V), --help, job files and docs derive
// from it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace restore {

// A number as people write it: `0.05`, `1e-3`, `12.75/255`. Throws a usage error that names `what`.
double parse_number(std::string_view text, std::string_view what);

// `NAME=VALUE` in two; usage error that names `flag`.
std::pair<std::string, std::string> split_assignment(const std::string& flag,
                                                     const std::string& assignment);

// Limits beyond this are none.
constexpr double kUnbounded = 1e30;

struct ParameterInfo {
  std::string name;
  std::string unit;  // "[0,1]", "px", "" for a plain number
  double minimum;    // down to -kUnbounded
  double maximum;    // up to kUnbounded
  std::string help;  // one sentence without a full stop
};

template <typename Options>
struct Parameter {
  ParameterInfo info;
  std::variant<double Options::*, int Options::*, bool Options::*> field;

  double get(const Options& options) const {
    return std::visit([&](auto member) { return static_cast<double>(options.*member); }, field);
  }
};

template <typename Options>
using Parameters = std::vector<Parameter<Options>>;

// Checks the range; the message names the parameter, its range and its unit.
void check_range(const ParameterInfo& info, double value);
[[noreturn]] void throw_unknown_parameter(std::string_view name,
                                          const std::vector<std::string>& known);
[[noreturn]] void throw_not_whole(const ParameterInfo& info, double value);

// Sets one parameter by name; usage error when the name is unknown or the value out of range.
template <typename Options>
void set_parameter(const Parameters<Options>& parameters, Options& options, std::string_view name,
                   std::string_view value) {
  std::vector<std::string> known;
  for (const auto& parameter : parameters) {
    known.push_back(parameter.info.name);
    if (parameter.info.name != name) continue;
    const double number = value == "true" ? 1 : value == "false" ? 0 : parse_number(value, name);
    check_range(parameter.info, number);
    std::visit(
        [&](auto member) {
          using Field = std::remove_reference_t<decltype(options.*member)>;
          options.*member = static_cast<Field>(number);
          if (static_cast<double>(options.*member) != number)
            throw_not_whole(parameter.info, number);
        },
        parameter.field);
    return;
  }
  throw_unknown_parameter(name, known);
}

// A table row for --help and docs: name, default, range, unit, help.
std::string describe_parameter(const ParameterInfo& info, double default_value);

template <typename Options>
std::vector<std::string> describe_parameters(const Parameters<Options>& parameters) {
  // Not a temporary: GCC 12 warns of reads past its members by alternatives that are never taken.
  static const Options defaults{};
  std::vector<std::string> lines;
  for (const auto& parameter : parameters)
    lines.push_back(describe_parameter(parameter.info, parameter.get(defaults)));
  return lines;
}

}  // namespace restore
