#include "tools/common/operator_list.h"

#include <fmt/core.h>

#include "operators/factory.h"
#include "operators/kernel/kernels.h"
#include "operators/noise/estimators.h"
#include "operators/noise_factory.h"

namespace restore {

void print_operators() {
  for (const auto& row : operator_table()) {
    fmt::print("{:<12} {} ({}{})\n", row.name, row.summary, to_string(row.rung), row.rung_note);
    for (const auto& line : row.parameters) fmt::print("{:<12}   {}\n", "", line);
  }
  fmt::print("\nKernels:\n");
  for (const auto& row : kernel_table()) fmt::print("  {:<30} {}\n", row.usage, row.help);
  fmt::print("\nNoise (--noise), z = A x and n ~ N(0, I):\n");
  for (const auto& row : noise_table()) {
    fmt::print("  {:<18} {}\n", row.name, row.summary);
    for (const auto& line : row.parameters) fmt::print("  {:<18}   {}\n", "", line);
  }
  fmt::print("\nEstimates of noise, for tools that restore:\n");
  for (const auto& row : estimator_table())
    fmt::print("  {:<24} {}\n  {:<24} {}\n", "auto(" + row.name + ")", row.summary, "",
               row.citation);
}

}  // namespace restore
