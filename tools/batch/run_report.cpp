#include "tools/batch/run_report.h"

#include <fmt/format.h>

#include "librestore/image/thumbnail.h"
#include "tools/batch/own_call.h"
#include "tools/batch/uncertainty.h"

namespace restore {
namespace {

// A standard deviation is shown times this: white is 0.1.
constexpr double kDeviationGain = 10;

const std::vector<ReportColumn>& columns() {
  static const std::vector<ReportColumn> all = {{"residual", "residual, sigmas"},
                                                {"sigma", "noise"},
                                                {"clipped", "clipped"},
                                                {"iterations", "steps"},
                                                {"denoiser_calls", "denoiser calls"},
                                                {"termination", "ended by"},
                                                {"psnr", "PSNR, dB"},
                                                {"mean_deviation", "mean deviation"},
                                                {"parts", "parts"},
                                                {"seconds", "seconds"}};
  return all;
}

}  // namespace

RunReport::RunReport(const BatchOptions& options, Existing existing, const Plan& plan,
                     std::string uncertainty)
    : plan_(plan),
      load_{.max_pixels = options.max_pixels},
      uncertainty_(std::move(uncertainty)),
      report_(options.report, existing, columns()) {}

std::vector<View> RunReport::views_of(const Item& item, const Json& record) const {
  const auto file = [&](const std::filesystem::path& path) {
    return [=, this] { return load_reduced(path, kThumbnailSide, load_); };
  };
  std::vector<View> views = {{"input " + item.input.string(), file(item.input)},
                             {"result " + item.output.string(), file(item.output)}};
  if (record.contains("uncertainty")) {
    const double gain = kDeviationGain / record.value("uncertainty_factor", 1.0);
    views.push_back({fmt::format("standard deviation, white is {}", 1 / kDeviationGain),
                     [=, deviation = file(uncertainty_file(uncertainty_, item))] {
                       return deviation().mean(1, true) * gain;
                     }});
  }
  return views;
}

void RunReport::add(std::size_t place, const Json& record) {
  const Item& item = plan_.items[place];
  const std::string fate = record["status"];
  report_.add(place, item.id, fate, record,
              fate == "failed" ? std::vector<View>{} : views_of(item, record));
}

void RunReport::write(const std::string& tool, const Json& parameters) const {
  Json about{{"call", own_call()}, {"version", RESTORE_VERSION}};
  about.update(parameters);
  report_.write(tool, about, plan_.items.size());
}

}  // namespace restore
