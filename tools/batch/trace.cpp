#include "tools/batch/trace.h"

#include <cmath>
#include <fstream>

#include "librestore/core/error.h"
#include "librestore/core/output_folder.h"

namespace restore {
namespace {

constexpr const char* kSchema = "restore-trace/1";

// JSON knows no infinity.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

// How write() begins a file.
std::string signature() {
  const auto whole = Json{{"schema", kSchema}}.dump(1);
  return whole.substr(0, whole.rfind('\n'));
}

bool is_trace(const std::filesystem::path& file) {
  std::string begin(signature().size(), '\0');
  std::ifstream stream(file, std::ios::binary);
  return stream.read(begin.data(), static_cast<std::streamsize>(begin.size())) &&
         begin == signature();
}

}  // namespace

void TraceRecorder::begin(const Measurement& measurement) {
  measurement_ = &measurement;
  next_.begin(measurement);
}

bool TraceRecorder::step(const StepReport& report) {
  Json entry{{"iteration", report.iteration},
             {"sigma", number(report.sigma)},
             {"step", report.step > 0 ? number(report.step) : Json(nullptr)},
             {"fixed_point_residual", number(report.fixed_point_residual)},
             {"data_residual", nullptr}};
  if (measurement_ && report.estimate)
    entry["data_residual"] = number(residual_in_sigmas(*measurement_, *report.estimate));
  steps_.push_back(std::move(entry));
  return next_.step(report);
}

Trace::Trace(std::filesystem::path file, Existing existing)
    : file_(std::move(file)),
      if_exists_(existing == Existing::refuse ? IfExists::fail : IfExists::replace) {
  if (std::filesystem::exists(std::filesystem::symlink_status(file_))) {
    if (existing == Existing::refuse)
      throw usage_error("--trace {}: exists; --overwrite replaces it", file_.string());
    if (existing == Existing::skip_done && !is_trace(file_))
      throw usage_error("--trace {}: exists and is no trace; --overwrite replaces it",
                        file_.string());
  }
  make_folder_of(file_);
  remove_abandoned_files({file_.string()});
}

void Trace::add(const Item& item, const Part& part, const Json& steps, const Json& outcome) {
  Json picture{{"input", item.input.string()}, {"output", item.output.string()}, {"steps", steps}};
  const auto& window = part.window;
  if (!part.is_whole())
    picture["part"] = {
        {"y", window.y0}, {"x", window.x0}, {"height", window.height}, {"width", window.width}};
  picture.update(outcome);
  const std::scoped_lock lock(mutex_);
  pictures_[{item.id, window.y0, window.x0}] = std::move(picture);
}

void Trace::write(const std::string& tool, const Json& parameters) const {
  Json document{
      {"schema", kSchema}, {"tool", tool}, {"parameters", parameters}, {"pictures", Json::array()}};
  for (const auto& [key, picture] : pictures_) document["pictures"].push_back(picture);
  write_atomically(file_.string(),
                   {document.dump(1, ' ', false, Json::error_handler_t::replace), "\n"},
                   if_exists_);
}

}  // namespace restore
