#include "tools/batch/run_options.h"

#include <algorithm>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"

namespace restore {

void check_run_options(const RunOptions& options) {
  if (options.overwrite && options.skip_existing)
    throw usage_error("--overwrite and --skip-existing contradict each other: choose one");
}

void check_batch_options(const BatchOptions& options) {
  check_run_options(options);
  if (options.quiet && options.verbose)
    throw usage_error("--quiet and --verbose contradict each other: choose one");
  if (options.dry_run && !options.plan_to.empty())
    throw usage_error("-n does nothing, and so would every run of this plan: leave it out");
  if (!options.report.empty() && !options.plan_to.empty())
    throw usage_error("--report is of a run, not of its plan: give it to restore-batch run");
}

Existing existing_of(const RunOptions& options) {
  if (options.overwrite) return Existing::overwrite;
  return options.skip_existing ? Existing::skip_done : Existing::refuse;
}

Existing existing_of(const BatchOptions& options) {
  if (options.manifest.empty()) return existing_of(static_cast<const RunOptions&>(options));
  return options.overwrite ? Existing::redo_others : Existing::skip_done;
}

int threads_of(const RunOptions& options) {
  return options.threads > 0 ? options.threads : available_threads();
}

std::unique_ptr<Progress> make_progress(const RunOptions& options) {
  return make_progress(options.quiet ? ProgressStyle::none
                                     : parse_progress_style(options.progress));
}

std::int64_t memory_for_items(const RunOptions& options) {
  return std::max(options.max_memory - kProcessBytes, std::int64_t{1} << 26);
}

}  // namespace restore
