#include "tools/common/picture_run.h"

#include <vector>

#include <fmt/format.h>

#include "librestore/core/progress.h"
#include "librestore/core/rng.h"
#include "librestore/image/image_io.h"
#include "librestore/run/batch.h"

namespace restore {
namespace {

class StepProgress : public Observer {
 public:
  StepProgress(Progress& progress, const std::string& name) : progress_(progress), name_(name) {}
  bool step(const StepReport& report) override {
    progress_.step(name_, static_cast<double>(report.iteration) / report.iterations);
    return true;
  }

 private:
  Progress& progress_;
  const std::string& name_;
};

Existing existing_of(const BatchOptions& options) {
  if (options.overwrite) return Existing::overwrite;
  return options.skip_existing ? Existing::skip_done : Existing::refuse;
}

// An item that cannot be prepared is one that cannot be tried.
void prepare_items(Plan& plan, const PictureRun& run) {
  if (!run.prepare) return;
  for (auto& item : plan.items) {
    if (!item.problem.empty()) continue;
    try {
      run.prepare(item);
    } catch (const Error& error) {
      if (error.code() != ExitCode::some_failed) throw;
      item.problem = error.what();
    }
  }
}

// What made the result, without folders, which are nobody's business.
HistoryEntry history_of(const PictureRun& run) {
  std::string words;
  for (const char* name : {"method", "prior", "prior_hash", "noise", "seed"}) {
    const Json value = run.parameters.value(name, Json(""));
    auto text = value.is_string() ? value.get<std::string>() : value.dump();
    if (name == std::string("prior")) text = std::filesystem::path(text).filename().string();
    if (!text.empty()) words += fmt::format("{}{} {}", words.empty() ? "" : ", ", name, text);
  }
  return {run.tool + " " RESTORE_VERSION, words};
}

SaveOptions save_options(const BatchOptions& options, const PictureRun& run) {
  SaveOptions save{.jpeg_quality = options.jpeg_quality, .strip = options.strip};
  if (!options.no_provenance) save.history = history_of(run);
  return save;
}

Json process(const Item& item, const BatchOptions& options, const PictureRun& run,
             Progress& progress) {
  const auto picture = load_image(item.input, {.max_pixels = options.max_pixels});
  StepProgress observer(progress, item.id);
  const auto [result, record] = run.work(item, picture, observer);
  save_image(result, item.output, save_options(options, run));
  if (run.saved) run.saved(item, record);
  return record;
}

}  // namespace

ExitCode run_pictures(const BatchOptions& options, const PictureRun& run) {
  const auto existing = existing_of(options);
  auto plan = plan_items({.inputs = options.inputs,
                          .output = options.output,
                          .recursive = options.recursive,
                          .existing = existing});
  prepare_items(plan, run);
  const auto progress =
      make_progress(options.quiet ? ProgressStyle::none : parse_progress_style(options.progress));
  BatchRequest request;
  request.tool = run.tool;
  request.parameters = run.parameters;
  request.parameters["jpeg_quality"] = options.jpeg_quality;
  request.parameters["provenance"] = !options.no_provenance;
  request.parameters["strip"] = options.strip;
  request.existing = existing;
  request.threads = options.threads;
  request.dry_run = options.dry_run;
  request.json = options.json;
  request.quiet = options.quiet;
  request.describe = run.describe;
  const auto result = run_batch(plan, request, *progress, [&](const Item& item) {
    return process(item, options, run, *progress);
  });
  return result.code;
}

std::uint64_t image_key(const Item& item) {
  const std::vector<unsigned char> bytes(item.id.begin(), item.id.end());
  return stable_hash(bytes);
}

Json record_of(const Summary& summary, double sigma) {
  Json record{{"residual", summary.data_residual}, {"sigma", sigma}};
  record.update(to_json(summary));
  record.erase("data_residual");
  return record;
}

std::string describe_restored(const Json& record, bool verbose) {
  const int steps = record["iterations"];
  auto line = fmt::format("residual {:.2f} sigma, {} step{}", record["residual"].get<double>(),
                          steps, steps == 1 ? "" : "s");
  if (verbose)
    line += fmt::format(", sigma {:.5f}, {} denoiser calls, {}", record["sigma"].get<double>(),
                        record["denoiser_calls"].get<int>(), record["message"].get<std::string>());
  return line;
}

}  // namespace restore
