// restore-deblur: the scene behind a blur whose kernel is known, or found in the picture.
#include <fmt/core.h>

#include "librestore/core/error.h"
#include "operators/convolution/boundary.h"
#include "tools/batch/undo.h"
#include "tools/command_line/blind_option.h"
#include "tools/command_line/job_option.h"
#include "tools/command_line/kernel_option.h"
#include "tools/command_line/run_tool.h"
#include "tools/command_line/shared_options.h"

namespace restore {
namespace {

const ToolText kText = {
    "restore-deblur", "Sharpen pictures that were blurred by a known kernel, or find it.",
    "restore-deblur shaky.jpg --psf motion:15,30 -o sharp.png",
    "--psf takes gaussian:SIGMA, motion:LENGTH,ANGLE, disk:RADIUS, box:SIZE (pixels, degrees\n"
    "counter-clockwise), or a file: a picture, or text whose first line is `rows columns`.\n"
    "--blind finds the kernel of each picture in its strong edges; --blind-size has to hold the "
    "blur.\n"
    "A photograph's frame cuts the scene, so --boundary unknown is the default; the others are\n"
    "for pictures that were blurred by a program."};

const std::vector<std::string> kBlurs{"blur", "varying-blur", "tiled-blur"};

struct Options {
  BatchOptions batch;
  MethodOptions method{.noise = "auto"};
  std::string psf;
  std::string boundary = "unknown";
  std::string job;
  BlindOptions blind;
  bool noise_given = false;
};

bool parse(int argc, char** argv, Options& options) {
  auto app = make_command_line(kText);
  auto* psf =
      app->add_option("--psf", options.psf, "What blurred the picture: gaussian:1.6, a file ...")
          ->option_text("KERNEL");
  auto* boundary = app->add_option("--boundary", options.boundary,
                                   "unknown (default), circular, reflect, replicate")
                       ->option_text("NAME");
  add_blind_options(*app, options.blind, psf);
  app->add_option("--job", options.job, "What restore-degrade wrote, in place of the above")
      ->option_text("JOB")
      ->excludes(psf)
      ->excludes(boundary);
  add_batch_options(*app, options.batch);
  add_method_options(*app, options.method);
  if (!parse_command_line(*app, argc, argv)) return false;
  if (options.psf.empty() && options.job.empty() && !options.blind.wanted)
    throw usage_error("what blurred it? Give --psf KERNEL, --job JOB or --blind");
  if (!options.job.empty() && options.blind.wanted)
    throw usage_error("--job says what blurred the picture: leave out --blind");
  check_batch_options(options.batch);
  options.noise_given = app->count("--noise") > 0;
  return true;
}

void use_kernel(UndoRun& run, const Options& options) {
  check_kernel("--psf", options.psf);
  parse_boundary(options.boundary);
  use_expression(
      run, fmt::format("blur({}, boundary={})", kernel_argument(options.psf), options.boundary),
      kernel_files(options.psf));
}

ExitCode run(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return ExitCode::ok;
  UndoRun run{kText.name, options.batch, options.method, Task::deblur};
  if (options.blind.wanted)
    use_blind(run, options.blind, options.boundary);
  else if (options.job.empty())
    use_kernel(run, options);
  else
    use_jobs(run, options.job, options.noise_given, kBlurs);
  return run_undo(run);
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
