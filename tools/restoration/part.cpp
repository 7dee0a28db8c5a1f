#include "tools/restoration/part.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "librestore/core/named_rows.h"
#include "operators/expression/expression.h"
#include "operators/factory.h"

namespace restore {
namespace {

// The splittings carry what a prior sees a little further; beyond, seams are below a step of 8
// bits.
constexpr int kLeastHalo = 64, kMostHalo = 256;  // px

}  // namespace

double range_of(const torch::Tensor& y) { return std::max(1.0, y.max().item<double>()); }

std::shared_ptr<const NoiseModel> Part::noise(const std::shared_ptr<const NoiseModel>& model,
                                              std::int64_t channels) const {
  if (is_whole()) return model;
  const auto here = model->part(window, {channels, height, width});
  return here ? here : model;
}

std::string obstacle_to_parts(const std::string& expression) {
  for (const auto& call : parse_expression(ExpressionSource(expression))) {
    const auto* row = look_up(operator_table(), call.name);
    if (!row || !row->cuttable) return fmt::format("{} is not computed in parts", call.name);
    for (const auto& boundary : row->whole_boundaries)
      for (const auto& argument : call.arguments)
        if (argument.value.text == boundary)
          return fmt::format("{} with boundary={} is not computed in parts", call.name, boundary);
  }
  return {};
}

std::int64_t part_halo(const Denoiser& prior) {
  return std::clamp(prior.receptive_field().value_or(kLeastHalo), kLeastHalo, kMostHalo);
}

std::string part_remark(const Denoiser& prior) {
  if (prior.receptive_field().value_or(kMostHalo + 1) <= kMostHalo) return {};
  return fmt::format(
      "in parts that overlap by {} px, though {} sees further: more --max-memory may change it "
      "slightly",
      2 * part_halo(prior), prior.name());
}

std::int64_t part_alignment(const Denoiser& prior) {
  return std::lcm<std::int64_t>(8, prior.alignment());
}

}  // namespace restore
