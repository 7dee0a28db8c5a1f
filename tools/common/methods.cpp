#include "tools/common/methods.h"

#include <algorithm>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/solve/table.h"

namespace restore {
namespace {

template <typename Row>
const Row* find_in(const std::vector<Row>& table, const std::string& name) {
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const Row& r) { return r.name == name; });
  return row == table.end() ? nullptr : &*row;
}

std::string names() {
  std::vector<std::string> all;
  for (const auto& row : solver_table()) all.push_back(row.name);
  for (const auto& row : posterior_table()) all.push_back(row.name);
  return fmt::format("{}", fmt::join(all, ", "));
}

void print_row(const MethodRow& row, const std::string& kind) {
  fmt::print("{:<12} {} (needs: {}{})\n", row.name, row.summary, row.needs, kind);
  fmt::print("{:<12} {}\n", "", row.citation);
  for (const auto& line : row.parameters()) fmt::print("{:<12}   {}\n", "", line);
}

}  // namespace

const MethodRow& find_method(const std::string& name) {
  if (const auto* row = find_in(solver_table(), name)) return *row;
  if (const auto* row = find_in(posterior_table(), name)) return *row;
  throw usage_error("--method {}: unknown; known are {}", name, names());
}

std::optional<Exactness> sampler_kind(const std::string& name) {
  const auto* row = find_in(posterior_table(), name);
  return row ? std::optional(row->exactness) : std::nullopt;
}

void print_methods() {
  fmt::print("Solvers: one estimate\n\n");
  for (const auto& row : solver_table()) print_row(row, "");
  fmt::print("\nPosterior samplers: --samples pictures, their mean, --uncertainty\n\n");
  for (const auto& row : posterior_table())
    print_row(row, fmt::format("; samples: {}", to_string(row.exactness)));
}

}  // namespace restore
