#include "tools/restoration/presets.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "librestore/core/error.h"
#include "librestore/core/named_rows.h"
#include "operators/expression/expression.h"
#include "operators/factory.h"
#include "tools/restoration/methods.h"

namespace restore {
namespace {

struct Row {
  Task task;
  std::string_view prior;  // the name up to the colon; empty: any other
  Preset preset;
  Quality quality = Quality::balanced;
};

// Of samplers on photographs, for linear operators. The first estimate is within 1 of the picture,
// so that levels above it are wasted, and pigdm's idea of a white prior overshoots there. Guidance
// of a whole run is what counts: fewer steps are longer.
ParameterValues sampler_parameters(const std::string& method, Quality quality) {
  static const std::map<std::string, ParameterValues> own{
      {"diffpir", {{"lambda", "2"}}},
      {"sda", {{"gamma", "1"}}},
      {"red-diff", {{"steps", "100"}}},
      {"daps", {{"s", "0.04"}, {"ode_steps", "1"}}}};
  static const std::map<std::string, std::string> pull{{"dps", "zeta"}, {"mcg", "alpha"}};
  const bool many = quality == Quality::balanced;
  ParameterValues values;
  if (const auto found = own.find(method); found != own.end()) values = found->second;
  if (const auto found = pull.find(method); found != pull.end())
    values[found->second] = many ? "2" : "5";
  values["sigma_max"] = "1";
  values.try_emplace("steps", many ? "50" : "20");
  if (quality == Quality::high) values["samples"] = "8";
  return values;
}

// For a task and a prior the first row is the best method, the others serve --method. `tv` was
// measured on 256 x 256 crops of CBSD68 and Set5 (half of the pixels missing, boxes, lines;
// blur 1.6 px and motion 15 px; bicubic x2 and x4; noise 0 to 10/255). Other priors start from
// DPIR's schedules (Zhang et al. 2021, https://arxiv.org/abs/2008.13751): 8 steps for deblurring,
// 24 where values are missing; holes are for ADMM with any of them. What a quality changes, and the
// samplers' parameters, are read off scripts/bench_methods.py (docs/methods.md).
const std::vector<Row>& rows() {
  static const ParameterValues meet_data{{"iterations", "20"}, {"sigma", "0.05"}, {"lambda", "1"}};
  static const ParameterValues balanced{{"iterations", "20"}, {"sigma", "0.05"}, {"lambda", "0.4"}};
  static const ParameterValues longer{{"iterations", "30"}, {"sigma", "0.05"}, {"lambda", "0.4"}};
  static const ParameterValues falling{{"iterations", "12"}, {"lambda", "0.2"}};
  static const ParameterValues dpir_short{{"iterations", "8"}};
  // What JPEG at quality 20 has done is smaller than DPIR's first noise level.
  static const ParameterValues from_below{{"iterations", "8"}, {"sigma_start", "0.03"}};
  static const ParameterValues dpir_long{{"iterations", "24"}};
  static const ParameterValues hurried{{"iterations", "5"}}, patient{{"iterations", "16"}};
  static const ParameterValues hurried_long{{"iterations", "12"}};
  // Dual variables carry what is known into holes: 12 steps of ADMM go further than 24 of HQS.
  static const ParameterValues spread{
      {"iterations", "24"}, {"sigma", "0"}, {"sigma_start", "1"}, {"lambda", "0.7"}};
  static const ParameterValues hurried_spread{
      {"iterations", "12"}, {"sigma", "0"}, {"sigma_start", "1"}, {"lambda", "0.7"}};
  static const ParameterValues dual_short{
      {"iterations", "8"}, {"sigma", "0"}, {"sigma_start", "0.2"}, {"lambda", "0.5"}};
  static const ParameterValues dual_long{
      {"iterations", "24"}, {"sigma", "0"}, {"sigma_start", "0.2"}, {"lambda", "0.5"}};
  // Seven steps for each octave of sigma from scale 8 down, see priors/patch/completion.h.
  static const ParameterValues self_scales{
      {"iterations", "35"}, {"sigma_start", "1.6"}, {"sigma_end", "0.05"}};
  static const std::vector<Row> table{
      {Task::inpaint, "tv", {"admm", meet_data}},  // best
      {Task::inpaint, "tv", {"hqs", dpir_long}},
      {Task::upscale, "tv", {"admm", balanced}},  // best
      {Task::upscale, "tv", {"hqs", falling}},
      {Task::deblur, "tv", {"hqs", falling}},  // best
      {Task::deblur, "tv", {"admm", longer}},
      {Task::denoise, "tv", {"denoise", {}}},   // best
      {Task::general, "tv", {"admm", longer}},  // best
      {Task::general, "tv", {"hqs", falling}},
      {Task::inpaint, "self", {"hqs", self_scales}},  // best
      {Task::inpaint, "", {"admm", spread}},          // best
      {Task::inpaint, "", {"hqs", dpir_long}},
      {Task::upscale, "", {"hqs", dpir_long}},  // best
      {Task::deblur, "", {"hqs", dpir_short}},  // best
      {Task::denoise, "", {"denoise", {}}},     // best
      {Task::general, "", {"hqs", dpir_long}},  // best
      {Task::upscale, "", {"admm", dual_long}},
      {Task::deblur, "", {"admm", dual_short}},
      {Task::general, "", {"admm", dual_long}},
      {Task::nonlinear, "", {"hqs", dpir_long}},     // best
      {Task::compression, "", {"hqs", from_below}},  // best
      {Task::inpaint, "", {"admm", hurried_spread}, Quality::fast},
      {Task::inpaint, "", {"hqs", hurried_long}, Quality::fast},
      {Task::upscale, "", {"hqs", hurried}, Quality::fast},
      {Task::deblur, "", {"hqs", hurried}, Quality::fast},
      {Task::deblur, "", {"hqs", patient}, Quality::high},
      {Task::general, "", {"hqs", hurried_long}, Quality::fast},
  };
  return table;
}

bool is_nonlinear(const std::vector<ExpressionCall>& calls) {
  return std::any_of(calls.begin(), calls.end(), [](const ExpressionCall& call) {
    const auto* row = look_up(operator_table(), call.name);
    return (row && row->rung == Rung::nonlinear) ||
           std::any_of(call.branches.begin(), call.branches.end(), is_nonlinear);
  });
}

// With `natural` less weight of the prior than DPIR's 0.23 was better in four tasks of four
// (docs/methods.md).
void adjust_to_natural(Preset& preset, Task task) {
  if (is_linear(task) && preset.method == "hqs") preset.parameters.try_emplace("lambda", "0.17");
}

const Preset* find(Task task, std::string_view prior, const std::string& method, Quality quality) {
  for (const auto& row : rows())
    if (row.task == task && row.prior == prior && row.quality == quality &&
        (method.empty() || row.preset.method == method))
      return &row.preset;
  return nullptr;
}

}  // namespace

Task task_for(const std::string& expression) {
  static const std::map<std::string, Task> tasks{{"mask", Task::inpaint},
                                                 {"downsample", Task::upscale},
                                                 {"blur", Task::deblur},
                                                 {"jpeg", Task::compression},
                                                 {"identity", Task::denoise}};
  const auto calls = parse_expression(ExpressionSource(expression));
  const auto found = tasks.find(calls.front().name);
  if (calls.size() == 1 && found != tasks.end()) return found->second;
  return is_nonlinear(calls) ? Task::nonlinear : Task::general;
}

bool is_linear(Task task) { return task != Task::nonlinear && task != Task::compression; }

Task common_task(const std::vector<Task>& tasks) {
  std::optional<Task> common;
  for (const auto task : tasks) {
    if (!common || task == *common) {
      common = task;
    } else {
      common = is_linear(task) && is_linear(*common) ? Task::general : Task::nonlinear;
    }
  }
  return common.value_or(Task::general);
}

Quality parse_quality(const std::string& name) {
  if (name == "fast") return Quality::fast;
  if (name == "balanced") return Quality::balanced;
  if (name == "high") return Quality::high;
  throw usage_error("--quality {}: fast, balanced or high", name);
}

Preset find_preset(Task task, const std::string& prior, const std::string& method,
                   Quality quality) {
  const auto family = std::string_view(prior).substr(0, prior.find(':'));
  for (const std::string_view kind : {family, std::string_view()})
    for (const Quality level : {quality, Quality::balanced})
      if (const auto* found = find(task, kind, method, level)) {
        auto preset = *found;
        if (family == "natural") adjust_to_natural(preset, task);
        return preset;
      }
  if (is_linear(task) && sampler_kind(method)) return {method, sampler_parameters(method, quality)};
  return {method, {}};
}

}  // namespace restore
