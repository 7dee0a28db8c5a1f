#include "tools/common/methods.h"

#include <fmt/format.h>

#include "librestore/core/named_rows.h"
#include "librestore/solve/table.h"

namespace restore {
namespace {

void print_row(const MethodRow& row, const std::string& kind) {
  fmt::print("{:<12} {} (needs: {}{})\n", row.name, row.summary, row.needs, kind);
  fmt::print("{:<12} {}\n", "", row.citation);
  for (const auto& line : row.parameters()) fmt::print("{:<12}   {}\n", "", line);
}

}  // namespace

const MethodRow& find_method(const std::string& name) {
  if (const auto* row = look_up(solver_table(), name)) return *row;
  if (const auto* row = look_up(posterior_table(), name)) return *row;
  throw usage_error("unknown method '{}'; there are {}, {}", name, names_in(solver_table()),
                    names_in(posterior_table()));
}

std::optional<Exactness> sampler_kind(const std::string& name) {
  const auto* row = look_up(posterior_table(), name);
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
