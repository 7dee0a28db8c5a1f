// restore-pnp: plug-and-play restoration under any operator.
#include "librestore/core/error.h"
#include "tools/batch/job_files.h"
#include "tools/batch/undo.h"
#include "tools/command_line/job_option.h"
#include "tools/command_line/lists.h"
#include "tools/command_line/run_tool.h"
#include "tools/command_line/shared_options.h"

namespace restore {
namespace {

const ToolText kText = {
    "restore-pnp",
    "Restore pictures that any operator has measured, with a prior plugged into a solver.",
    "restore-pnp y.png --operator 'blur(gaussian:1.6) | downsample(2)' --solver hqs -o x.png",
    "The operator reads left to right: the first acts on the scene. --job takes the file that\n"
    "restore-degrade wrote beside a measurement, or a folder with one of each picture's stem, in\n"
    "place of --operator and --noise; the result then is the whole scene. Plain denoising:\n"
    "--operator identity --solver denoise --noise 25/255."};

struct Options {
  BatchOptions batch;
  MethodOptions method{.noise = "auto"};
  bool noise_given = false;
  std::string expression;
  std::string job;
  std::string trace;
  std::vector<std::string> frames;
};

bool parse(int argc, char** argv, Options& options) {
  auto app = make_command_line(kText);
  auto* expression =
      app->add_option("--operator", options.expression, "How the picture was measured, y = A x + n")
          ->option_text("EXPR")
          ->group("Measurement, one of");
  app->add_option("--job", options.job, "What restore-degrade wrote: a file or a folder")
      ->option_text("JOB")
      ->excludes(expression)
      ->group("Measurement, one of");
  app->add_option("--frames", options.frames,
                  "More measurements of the scene, in the order of [ ; ; ]")
      ->option_text("FILE ...");
  add_listing(*app, "--list-operators", "Print operators with their parameters", print_operators);
  add_listing(*app, "--list-solvers", "Print solvers, a line each", print_solvers);
  add_batch_options(*app, options.batch);
  add_method_options(*app, options.method, "--solver,--method");
  app->add_option("--trace", options.trace, "Write what each step did: residuals, data fit, step")
      ->option_text("FILE.json")
      ->take_last()
      ->group(kRun);
  if (!parse_command_line(*app, argc, argv)) return false;
  if (options.expression.empty() && options.job.empty())
    throw usage_error("how was it measured? Give --operator EXPR or --job JOB");
  check_batch_options(options.batch);
  if (!options.trace.empty() && !options.batch.plan_to.empty())
    throw usage_error("--trace is of a run, not of its plan: give it to restore-batch run");
  options.noise_given = app->count("--noise") > 0;
  return true;
}

void use_operator(UndoRun& run, const Options& options) {
  run.task = task_for(options.expression);
  use_expression(run, options.expression, expression_files(options.expression));
}

ExitCode run(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return ExitCode::ok;
  UndoRun run{kText.name, options.batch, options.method};
  run.trace = options.trace;
  run.frames.assign(options.frames.begin(), options.frames.end());
  options.job.empty() ? use_operator(run, options)
                      : use_jobs(run, options.job, options.noise_given);
  return run_undo(run);
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
