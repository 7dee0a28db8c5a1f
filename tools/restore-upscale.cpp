// restore-upscale: the larger picture that, made smaller again, is the one at hand.
#include <fmt/core.h>

#include "librestore/core/error.h"
#include "tools/batch/undo.h"
#include "tools/command_line/job_option.h"
#include "tools/command_line/kernel_option.h"
#include "tools/command_line/run_tool.h"
#include "tools/command_line/shared_options.h"

namespace restore {
namespace {

const ToolText kText = {
    "restore-upscale", "Enlarge pictures by any factor from 1 to 64.",
    "restore-upscale small.png -s 2 -o large.png",
    "--kernel says how the small picture came about: bicubic or lanczos (with antialiasing, as\n"
    "image editors do it), area (the mean of each block), gaussian:SIGMA and other blur kernels, "
    "or\n"
    "a kernel file. The residual tells how well the result, made smaller so, explains the input."};

const std::vector<std::string> kResizeFilters{"bicubic", "area", "lanczos"};

struct Options {
  BatchOptions batch;
  MethodOptions method{.noise = "auto"};
  double factor = 2;
  std::string kernel = "bicubic";
  std::string job;
  bool noise_given = false;
};

bool parse(int argc, char** argv, Options& options) {
  auto app = make_command_line(kText);
  auto* scale = app->add_option("-s,--scale", options.factor, "Factor of both sides: 2, 2.5")
                    ->option_text("FACTOR")
                    ->check(CLI::Range(1.0, 64.0));
  auto* kernel = app->add_option("--kernel", options.kernel,
                                 "bicubic (default), area, lanczos, gaussian:1.6 or a file")
                     ->option_text("KERNEL");
  app->add_option("--job", options.job, "What restore-degrade wrote, in place of the above")
      ->option_text("JOB")
      ->excludes(scale)
      ->excludes(kernel);
  add_batch_options(*app, options.batch);
  add_method_options(*app, options.method);
  if (!parse_command_line(*app, argc, argv)) return false;
  if (app->count("--scale") == 0 && options.job.empty())
    throw usage_error("how much larger? Give --scale FACTOR or --job JOB");
  check_batch_options(options.batch);
  options.noise_given = app->count("--noise") > 0;
  return true;
}

void use_factor(UndoRun& run, const Options& options) {
  check_kernel("--kernel", options.kernel, kResizeFilters);
  use_expression(run,
                 fmt::format("downsample({}, {})", options.factor,
                             kernel_argument(options.kernel, kResizeFilters)),
                 kernel_files(options.kernel));
}

ExitCode run(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return ExitCode::ok;
  UndoRun run{kText.name, options.batch, options.method, Task::upscale};
  options.job.empty() ? use_factor(run, options)
                      : use_jobs(run, options.job, options.noise_given, {"downsample"});
  return run_undo(run);
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
