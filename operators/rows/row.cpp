#include "operators/rows/row.h"

#include <fmt/format.h>

#include "operators/kernel/kernels.h"

namespace restore {

ArgumentInfo kernel_argument(const std::string& more, const std::string& standing) {
  std::vector<std::string> forms;
  for (const auto& row : kernel_table()) forms.push_back(row.usage);
  const auto help = fmt::format("{}{} or a file", more, fmt::join(forms, ", "));
  return {ArgumentInfo::Kind::free, {"kernel", "", 0, 0, help}, standing, {}};
}

ArgumentInfo boundary_argument(const std::string& standing) {
  return {ArgumentInfo::Kind::choice,
          {"boundary", "", 0, 0, "what lies beyond the frame"},
          standing,
          {"valid", "unknown", "circular", "reflect", "replicate"}};
}

}  // namespace restore
