#include "tools/command_line/lists.h"

#include <fmt/core.h>

#include "librestore/solve/table.h"
#include "operators/factory.h"
#include "operators/kernel/kernels.h"
#include "operators/noise/estimators.h"
#include "operators/noise_factory.h"
#include "priors/diffusion/table.h"
#include "priors/factory.h"
#include "priors/posterior/table.h"

namespace restore {
namespace {

void print_row(const MethodRow& row, const std::string& kind) {
  fmt::print("{:<12} {} (needs: {}{})\n", row.name, row.summary, row.needs, kind);
  fmt::print("{:<12} {}\n", "", row.citation);
  for (const auto& line : row.parameters()) fmt::print("{:<12}   {}\n", "", line);
}

}  // namespace

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

void print_solvers() {
  for (const auto& row : solver_table())
    fmt::print("{:<15} {}. {}\n", row.name, row.summary, row.citation);
}

void print_samplers() {
  for (const SamplerRow& row : sampler_table()) {
    fmt::print("{:<12} {}\n{:<12} {}\n", row.name, row.summary, "", row.citation);
    for (const auto& parameter : row.parameters()) fmt::print("{:<12}   {}\n", "", parameter);
  }
}

void print_methods() {
  fmt::print("Solvers: one estimate\n\n");
  for (const auto& row : solver_table()) print_row(row, "");
  fmt::print("\nPosterior samplers: --samples pictures, their mean, --uncertainty\n\n");
  for (const auto& row : posterior_table())
    print_row(row, fmt::format("; samples: {}", to_string(row.exactness)));
}

void print_priors() {
  for (const auto& row : prior_table())
    fmt::print("{:<12} {}. {}\n", row.name, row.summary, row.citation);
}

}  // namespace restore
