#include "tools/common/presets.h"

#include <string_view>
#include <vector>

namespace restore {
namespace {

struct Row {
  Task task;
  std::string_view prior;  // the name up to the colon; empty: any other
  Preset preset;
};

// For a task and a prior the first row is the best method, the others serve --method.
const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {Task::inpaint, "tv", {"hqs", {{"iterations", "24"}}}},
      {Task::upscale, "tv", {"hqs", {{"iterations", "24"}}}},
      {Task::deblur, "tv", {"hqs", {}}},
      {Task::general, "tv", {"hqs", {{"iterations", "24"}}}},
      {Task::inpaint, "", {"hqs", {{"iterations", "24"}}}},
      {Task::upscale, "", {"hqs", {{"iterations", "24"}}}},
      {Task::deblur, "", {"hqs", {}}},
      {Task::general, "", {"hqs", {{"iterations", "24"}}}},
  };
  return table;
}

std::string_view kind_of(std::string_view prior) {
  const auto kind = prior.substr(0, prior.find(':'));
  for (const auto& row : rows())
    if (row.prior == kind) return kind;
  return "";
}

}  // namespace

Preset find_preset(Task task, const std::string& prior, const std::string& method) {
  const auto kind = kind_of(prior);
  for (const auto& row : rows())
    if (row.task == task && row.prior == kind && (method.empty() || row.preset.method == method))
      return row.preset;
  return {method, {}};
}

}  // namespace restore
