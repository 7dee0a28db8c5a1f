#include "tools/command_line/shared_options.h"

#include <charconv>

#include <fmt/core.h>

#include "librestore/core/error.h"
#include "tools/command_line/lists.h"

namespace restore {
namespace {

constexpr const char* kMethod = "Method";

constexpr int kMostThreads = 4096;
constexpr std::int64_t kLargestSide = 99999;  // px, of --size

// All there is; that libtorch may know others does not help kernels of our own.
void check_device(const std::string& device) {
  if (device == "auto" || device == "cpu") return;
  const std::string number = device.starts_with("cuda:") ? device.substr(5) : "0";
  const bool is_number =
      !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  if ((device == "cuda" || device.starts_with("cuda:")) && is_number)
    throw usage_error("--device {}: this build computes on the processor; write cpu or auto",
                      device);
  throw usage_error("--device {}: auto, cpu or cuda[:N]", device);
}

// Hidden: for restore-batch, which puts its user's words after those of the plan; the last -j
// counts.
void add_manifest_options(CLI::App& app, BatchOptions& options) {
  app.add_option("--plan-to", options.plan_to)->group("");
  app.add_option("--manifest", options.manifest)->group("");
  app.add_option("--shard", options.shard)->group("");
  app.add_flag("--only-failed", options.only_failed)->group("");
}

}  // namespace

void add_run_options(CLI::App& app, RunOptions& options) {
  app.add_flag("--overwrite", options.overwrite, "Replace outputs that exist")->group(kFiles);
  app.add_flag("--skip-existing", options.skip_existing, "Leave outputs that are done")
      ->group(kFiles);
  add_threads_option(app, options.threads)->group(kRun);
  add_device_option(app)->group(kRun);
  app.add_option("--max-memory", options.max_memory, "Memory to do with")
      ->option_text("BYTES")
      ->default_str("4G")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(above_zero())
      ->take_last()
      ->group(kRun);
  app.add_flag("-n,--dry-run", options.dry_run, "Say what would be done, do nothing")->group(kRun);
  app.add_flag("--json", options.json, "One JSON object a picture on stdout")->group(kRun);
  add_progress_option(app, options.progress)->group(kRun);
  add_report_option(app, options.report)->group(kRun);
  app.add_flag("-q,--quiet", options.quiet, "Print errors only")->group(kRun);
}

void add_batch_options(CLI::App& app, BatchOptions& options) {
  app.add_option("INPUT", options.inputs, "Pictures or folders")->option_text(" ")->required();
  app.add_option("-o,--output", options.output, "Output file, or folder for several inputs")
      ->option_text("OUT")
      ->required()
      ->group(kFiles);
  app.add_flag("-r,--recursive", options.recursive, "Folders with all below them, the tree kept")
      ->group(kFiles);
  add_run_options(app, options);
  add_max_pixels_option(app, options.max_pixels)->group(kFiles);
  app.add_option("--jpeg-quality", options.jpeg_quality, "1 to 100, also for WebP")
      ->option_text("Q")
      ->capture_default_str()
      ->check(CLI::Range(1, 100))
      ->group(kFiles);
  app.add_flag("--no-provenance", options.no_provenance, "Write no history of how it was made")
      ->group(kFiles);
  app.add_flag("--strip", options.strip, "Drop all metadata, the colour profile too")
      ->group(kFiles);
  app.add_flag("-v,--verbose", options.verbose, "Say more about each picture")->group(kRun);
  add_manifest_options(app, options);
}

CLI::Option* add_threads_option(CLI::App& app, int& threads) {
  // Transforms run from the last to the first.
  return app.add_option("-j,--threads", threads, "Threads, 0 for all cores")
      ->option_text("N")
      ->capture_default_str()
      ->transform(CLI::Bound(0, kMostThreads))
      ->transform(whole_number())
      ->take_last();
}

CLI::Option* add_device_option(CLI::App& app) {
  return app
      .add_option_function<std::string>("--device", check_device,
                                        "auto or cpu: it computes on the processor")
      ->option_text("DEVICE")
      ->take_last();
}

CLI::Option* add_progress_option(CLI::App& app, std::string& progress) {
  return app.add_option("--progress", progress, "auto, plain, json, none on stderr")
      ->option_text("STYLE")
      ->capture_default_str()
      ->take_last();
}

CLI::Option* add_report_option(CLI::App& app, std::string& report) {
  return app.add_option("--report", report, "Write a page about the run, with small pictures")
      ->option_text("FILE.html")
      ->take_last();
}

CLI::Option* add_max_pixels_option(CLI::App& app, std::int64_t& max_pixels) {
  return app.add_option("--max-pixels", max_pixels, "Refuse larger pictures")
      ->option_text("N")
      ->default_str("2^30")
      ->check(above_zero());
}

void add_method_options(CLI::App& app, MethodOptions& options, const std::string& method_flag) {
  app.add_option("--prior", options.prior, "What pictures look like: a name or a file")
      ->option_text("PRIOR")
      ->group(kMethod);
  app.add_option(method_flag, options.method, "What runs (default: a preset of task and prior)")
      ->option_text("NAME")
      ->group(kMethod);
  app.add_option("--quality", options.quality, "Preset: fast, balanced, high")
      ->option_text("LEVEL")
      ->capture_default_str()
      ->check(CLI::IsMember({"fast", "balanced", "high"}))
      ->group(kMethod);
  app.add_option("--param", options.parameters, "A parameter of the method; repeatable")
      ->option_text("K=V")
      ->allow_extra_args(false)
      ->group(kMethod);
  app.add_option("--steps", options.steps, "Steps of the method")
      ->option_text("N")
      ->check(above_zero())
      ->group(kMethod);
  app.add_option("--noise", options.noise, "Of the input, [0,1]: 0.02, poisson(0.01), auto")
      ->option_text("NOISE")
      ->capture_default_str()
      ->group(kMethod);
  app.add_option("--seed", options.seed, "Of methods that draw random numbers")
      ->option_text("N")
      ->capture_default_str()
      ->check(whole_number())
      ->group(kMethod);
  app.add_option("--tile", options.tile,
                 "Side of the tiles for the prior: auto, pixels, 0 for none")
      ->option_text("N")
      ->group(kMethod);
  app.add_option("--samples", options.samples,
                 "Posterior samples to draw; the result is their mean")
      ->option_text("K")
      ->check(CLI::Range(1, 100000))
      ->group(kMethod);
  app.add_option("--estimate", options.estimate, "mean of them, or one sample")
      ->option_text("KIND")
      ->capture_default_str()
      ->check(CLI::IsMember({"mean", "sample"}))
      ->group(kMethod);
  app.add_option("--uncertainty", options.uncertainty,
                 "Write the error's standard deviation: a file or a folder")
      ->option_text("OUT")
      ->group(kMethod);
  add_listing(app, "--list-methods", "Print methods with their parameters", print_methods);
  add_listing(app, "--list-priors", "Print priors", print_priors);
}

Shape parse_size(const std::string& text, std::optional<std::int64_t> channels) {
  std::vector<std::int64_t> sides;
  const char *at = text.data(), *end = at + text.size();
  while (at < end) {
    std::int64_t side = 0;
    const auto [rest, problem] = std::from_chars(at, end, side);
    const bool good = problem == std::errc() && side >= 1 && side <= kLargestSide;
    if (!good || (rest < end && (*rest != 'x' || rest + 1 == end))) break;
    sides.push_back(side);
    at = rest + 1;
  }
  if (at <= end || sides.size() < 2 || sides.size() > (channels ? 2 : 3))
    throw usage_error("--size {}: write WIDTHxHEIGHT{}, each 1 to {}", text,
                      channels ? "" : " or WIDTHxHEIGHTxCHANNELS", kLargestSide);
  return {sides.size() == 3 ? sides[2] : channels.value_or(3), sides[1], sides[0]};
}

}  // namespace restore
