#include "tools/restoration/record.h"

#include <fmt/format.h>

namespace restore {

Json record_of(const Summary& summary, const NoiseModel& noise) {
  Json record{{"residual", summary.data_residual}, {"sigma", noise.sigma()}};
  if (!noise.is_white()) record["noise"] = noise.describe();
  record.update(to_json(summary));
  record.erase("data_residual");
  return record;
}

std::string describe_restored(const Json& record, bool verbose) {
  const int steps = record["iterations"];
  auto line = fmt::format("residual {:.2f} sigma, {} step{}", record["residual"].get<double>(),
                          steps, steps == 1 ? "" : "s");
  if (record.contains("remark")) line += ", " + record["remark"].get<std::string>();
  if (!verbose) return line;
  line += record.contains("noise") ? ", noise " + record["noise"].get<std::string>()
                                   : fmt::format(", sigma {:.5f}", record["sigma"].get<double>());
  line += fmt::format(", {} denoiser calls, {}", record["denoiser_calls"].get<int>(),
                      record["message"].get<std::string>());
  return line;
}

void add_remark(Json& record, const std::string& remark) {
  const bool first = !record.contains("remark");
  record["remark"] = first ? remark : record["remark"].get<std::string>() + ", " + remark;
}

}  // namespace restore
