#include "tools/common/operator_list.h"

#include <fmt/core.h>

#include "operators/factory.h"
#include "operators/kernels.h"

namespace restore {

void print_operators() {
  for (const auto& row : operator_table()) {
    fmt::print("{:<12} {} ({})\n", row.name, row.summary, row.rung);
    for (const auto& line : row.parameters) fmt::print("{:<12}   {}\n", "", line);
  }
  fmt::print("\nKernels:\n");
  for (const auto& row : kernel_table()) fmt::print("  {:<30} {}\n", row.usage, row.help);
}

}  // namespace restore
