#include "tools/batch/picture_run.h"

#include <vector>

#include <fmt/format.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "librestore/core/progress.h"
#include "librestore/core/rng.h"
#include "librestore/image/image_io.h"
#include "librestore/image/image_stream.h"
#include "librestore/model/threads.h"
#include "librestore/run/batch.h"
#include "librestore/run/manifest.h"
#include "tools/batch/job_files.h"
#include "tools/batch/manifest_run.h"
#include "tools/batch/parts.h"
#include "tools/batch/run_report.h"
#include "tools/batch/step_progress.h"
#include "tools/batch/uncertainty.h"

namespace restore {
namespace {

// Of the result's size: the picture that was read, the result, its samples as the file holds them.
constexpr std::int64_t kPlanesToWrite = 3;
const std::string kWholeForUncertainty = "--uncertainty is not computed in parts";

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

// What planning can tell of the inputs: that they are pictures of a size that is taken.
void open_inputs(Plan& plan, const BatchOptions& options) {
  const int threads = threads_of(options);
  const auto count = static_cast<std::int64_t>(plan.items.size());
  parallel_items(count, divide_threads(threads, count), [&](std::int64_t i) {
    Item& item = plan.items[static_cast<std::size_t>(i)];
    if (!item.problem.empty() || interrupted()) return;
    try {
      ImageSource(item.input, {.max_pixels = options.max_pixels});
    } catch (const Error& error) {
      item.problem = error.what();
    }
  });
  throw_if_interrupted();
}

// What made the result, without folders, which are nobody's business.
HistoryEntry history_of(const PictureRun& run) {
  std::string words;
  for (const char* name : {"method", "prior", "prior_hash", "noise", "seed"}) {
    const Json value = run.parameters.value(name, Json(""));
    auto text = value.is_string() ? value.get<std::string>() : value.dump();
    if (name == std::string("prior")) text = std::filesystem::path(text).filename().string();
    if (name == std::string("noise") && !text.empty()) text = without_folders(text);
    if (!text.empty()) words += fmt::format("{}{} {}", words.empty() ? "" : ", ", name, text);
  }
  return {run.tool + " " RESTORE_VERSION, words};
}

SaveOptions save_options(const BatchOptions& options, const PictureRun& run) {
  SaveOptions save{.jpeg_quality = options.jpeg_quality, .strip = options.strip};
  save.if_exists = if_exists_of(options);
  if (!options.no_provenance) save.history = history_of(run);
  return save;
}

Json restore_whole(const Item& item, ImageSource& source, const BatchOptions& options,
                   const PictureRun& run, const PictureTask& task, Observer& observer,
                   const std::function<void(std::int64_t bytes)>& before_writing) {
  const auto picture = source.whole();
  Part part{{0, 0, picture.height(), picture.width()}, picture.height(), picture.width()};
  const double given = brightest_measured(task, picture, part);
  part.range = std::max(1.0, given);
  auto [result, record, deviation, weight] = task.work(picture, part, observer);
  const double brightest = result.colour.max().item<double>();
  check_not_black(task, brightest, given);
  remark_on_range(record, part.range, brightest, result.sample_type, item.output);
  before_writing(kPlanesToWrite * static_cast<std::int64_t>(result.colour.nbytes()));
  // The picture comes last: where it is, all is.
  if (deviation.defined())
    save_uncertainty(deviation, uncertainty_file(run.uncertainty, item), if_exists_of(options),
                     record);
  save_image(result, item.output, save_options(options, run));
  return record;
}

Json process(const Item& item, const BatchOptions& options, const PictureRun& run,
             Resources& resources, Progress& progress) {
  const LoadOptions load{.max_pixels = options.max_pixels};
  ImageSource source(item.input, load);
  const std::int64_t height = source.height(), width = source.width();
  const auto task = run.task(item);
  const Needs needs = task.needs({source.channels(), height, width});
  check_output_size(item.output, height * needs.scale, width * needs.scale);
  const double bytes = needs.bytes(height, width);
  const auto memory = memory_for_items(options);
  const auto most = static_cast<double>(memory - needs.held);
  if (bytes > most) {
    const auto& why = run.uncertainty.empty() ? needs.obstacle : kWholeForUncertainty;
    const auto all = bytes + static_cast<double>(needs.held + kProcessBytes);
    if (!why.empty())
      throw item_error("{}: {} x {} pixels need about {:.1f}G, and {}; raise --max-memory",
                       item.input.string(), width, height, all / (1 << 30), why);
  }
  auto share = resources.reserve(static_cast<std::int64_t>(std::min(bytes, most)) + needs.held);
  StepProgress observer(progress, item.id);
  Json record;
  with_threads(share.threads(), [&] {
    set_torch_threads(share.threads());
    if (bytes <= most) {
      record =
          restore_whole(item, source, options, run, task, observer, [&](std::int64_t to_write) {
            set_torch_threads(1);
            share.only_writes(to_write);
          });
      return;
    }
    PartsRequest request{needs, static_cast<std::int64_t>(most), task};
    request.output = item.output;
    request.save = save_options(options, run);
    request.load = load;
    record = restore_in_parts(source, item, request, observer);
  });
  if (run.saved) run.saved(item, record);
  return record;
}

}  // namespace

ExitCode run_pictures(const BatchOptions& options, const PictureRun& run) {
  BatchRequest request;
  request.tool = run.tool;
  request.parameters = run.parameters;
  request.parameters["jpeg_quality"] = options.jpeg_quality;
  request.parameters["provenance"] = !options.no_provenance;
  request.parameters["strip"] = options.strip;
  request.existing = existing_of(options);
  request.threads = options.threads;
  request.dry_run = options.dry_run;
  request.json = options.json;
  request.quiet = options.quiet;
  request.describe = run.describe;
  if (!options.manifest.empty()) request.resume = "the same call does the rest";
  auto plan = options.manifest.empty() ? plan_items({.inputs = options.inputs,
                                                     .output = options.output,
                                                     .recursive = options.recursive,
                                                     .existing = request.existing})
                                       : planned_part(options, request);
  prepare_items(plan, run);
  if (!run.uncertainty.empty()) add_uncertainty_files(run.uncertainty, plan);
  auto common = run.common;
  // Another name is refused by the report itself.
  if (options.report.ends_with(".html")) common.writes.emplace_back(options.report);
  check_files(plan, request.existing, common);
  if (!options.plan_to.empty()) check_manifest_place(options.plan_to);
  if (options.dry_run || !options.plan_to.empty()) open_inputs(plan, options);
  if (!options.plan_to.empty()) return write_plan(options, request, std::move(plan));
  const auto progress = make_progress(options);
  Resources resources(threads_of(options), memory_for_items(options),
                      static_cast<std::int64_t>(plan.items.size()));
  request.resources = &resources;
  std::optional<RunReport> report;
  if (!options.report.empty() && !options.dry_run) {
    report.emplace(options, request.existing, plan, run.uncertainty);
    request.ended = [&](std::size_t item, const Json& record) { report->add(item, record); };
  }
  const auto result = run_batch(plan, request, *progress, [&](const Item& item) {
    return process(item, options, run, resources, *progress);
  });
  if (report) report->write(run.tool, request.parameters);
  return result.code;
}

IfExists if_exists_of(const BatchOptions& options) {
  return existing_of(options) == Existing::refuse ? IfExists::fail : IfExists::replace;
}

std::uint64_t image_key(const std::string& id) {
  const std::vector<unsigned char> bytes(id.begin(), id.end());
  return stable_hash(bytes);
}

std::uint64_t image_key(const Item& item) { return image_key(item.id); }

}  // namespace restore
