#include "librestore/core/parameters.h"

#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

// The whole of `text` as a finite number, independent of the locale.
std::optional<double> parse_plain(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string describe_range(const ParameterInfo& info) {
  const bool from = info.minimum > -kUnbounded, to = info.maximum < kUnbounded;
  if (from && to) return fmt::format("{:g} to {:g}", info.minimum, info.maximum);
  if (from) return fmt::format("from {:g}", info.minimum);
  if (to) return fmt::format("up to {:g}", info.maximum);
  return "any";
}

std::string with_unit(const ParameterInfo& info) {
  return info.unit.empty() ? describe_range(info) : describe_range(info) + " " + info.unit;
}

}  // namespace

double parse_number(std::string_view text, std::string_view what) {
  const std::size_t slash = text.find('/');
  const std::optional<double> numerator = parse_plain(text.substr(0, slash));
  const std::optional<double> denominator =
      slash == std::string_view::npos ? 1.0 : parse_plain(text.substr(slash + 1));
  if (!numerator || !denominator)
    throw usage_error("{}: '{}' is not a number; write it like 0.05, 1e-3 or 12.75/255", what,
                      text);
  const double value = *numerator / *denominator;
  if (!std::isfinite(value))
    throw usage_error("{}: '{}' divides by nothing or leaves the range of numbers", what, text);
  return value;
}

std::pair<std::string, std::string> split_assignment(const std::string& flag,
                                                     const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw usage_error("{} {}: write NAME=VALUE", flag, assignment);
  return {assignment.substr(0, equals), assignment.substr(equals + 1)};
}

void check_range(const ParameterInfo& info, double value) {
  // Written so that NaN fails.
  if (value >= info.minimum && value <= info.maximum) return;
  throw usage_error("{}: {:g} is out of range ({})", info.name, value, with_unit(info));
}

void throw_unknown_parameter(std::string_view name, const std::vector<std::string>& known) {
  if (known.empty()) throw usage_error("there is no parameter '{}'; none can be set here", name);
  throw usage_error("there is no parameter '{}'; known: {}", name, fmt::join(known, ", "));
}

void throw_not_whole(const ParameterInfo& info, double value) {
  throw usage_error("{}: {:g} is not a whole number", info.name, value);
}

std::string describe_parameter(const ParameterInfo& info, double default_value) {
  return fmt::format("{:<14} {:>8}  {:<18} {}", info.name, fmt::format("{:g}", default_value),
                     with_unit(info), info.help);
}

}  // namespace restore
