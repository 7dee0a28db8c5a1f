#include "tools/restoration/methods.h"

#include "librestore/core/named_rows.h"
#include "librestore/solve/table.h"

namespace restore {

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

}  // namespace restore
