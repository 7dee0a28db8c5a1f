// restore-sample: pictures out of a prior alone, nothing being measured.
#include <algorithm>
#include <atomic>
#include <filesystem>

#include <fmt/core.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/json.h"
#include "librestore/core/parallel.h"
#include "librestore/core/progress.h"
#include "librestore/core/temporary_file.h"
#include "librestore/image/formats.h"
#include "librestore/image/image_io.h"
#include "librestore/image/thumbnail.h"
#include "librestore/model/random.h"
#include "librestore/model/threads.h"
#include "librestore/report/report.h"
#include "librestore/run/file_hash.h"
#include "librestore/run/run_log.h"
#include "priors/diffusion/schedule.h"
#include "priors/diffusion/table.h"
#include "priors/factory.h"
#include "priors/patch/texture/texture.h"
#include "tools/common/command_line.h"
#include "tools/common/common_options.h"
#include "tools/common/restorer.h"
#include "tools/common/run_tool.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

const ToolText kText = {
    "restore-sample", "Draw pictures from a prior: what it takes pictures to be.",
    "restore-sample --size 128x128 --count 4 -o samples",
    "Writes sample-0000.png and on into the folder DIR. Sample k is the same whatever --count and\n"
    "--first are. A prior must be an MMSE denoiser, as networks are and tv is not.\n"
    "\n"
    "--texture FILE makes pictures of the windows of that one instead: more bricks, more grass. "
    "It\n"
    "takes a picture of 16 to 512 pixels a side that shows the texture and little else.\n"
    "\n"
    "Noise levels fall from --sigma-max to --sigma-min and then to 0, within the range that the\n"
    "prior was made for. The first must hide every picture: a sample starts as grey and noise."};

struct Options {
  std::string prior = "natural", texture;
  std::string size, output, report, format = "png", sampler = "heun", progress = "auto";
  std::vector<std::string> parameters;
  int count = 1, first = 0, channels = 3, steps = 32, threads = 0;
  double sigma_max = 10, sigma_min = 0.005, rho = 7;
  std::uint64_t seed = 0;
  bool overwrite = false, skip_existing = false, json = false, quiet = false;
};

void print_samplers() {
  for (const SamplerRow& row : sampler_table()) {
    fmt::print("{:<12} {}\n{:<12} {}\n", row.name, row.summary, "", row.citation);
    for (const auto& parameter : row.parameters()) fmt::print("{:<12}   {}\n", "", parameter);
  }
}

void add_options(CLI::App& app, Options& o) {
  auto* texture =
      app.add_option("--texture", o.texture, "A picture to make more of, in place of a prior")
          ->option_text("FILE");
  app.add_option("--prior", o.prior, "A name or a file (default natural)")
      ->option_text("PRIOR")
      ->excludes(texture);
  app.add_option("--size", o.size, "Width and height of a sample")->option_text("WxH")->required();
  app.add_option("--channels", o.channels, "1 for grey, 3 for colour (default)")
      ->option_text("C")
      ->check(CLI::IsMember({1, 3}))
      ->excludes(texture);
  app.add_option("--count", o.count, "Samples to draw (default 1)")
      ->option_text("N")
      ->check(CLI::Range(1, 100000));
  app.add_option("--first", o.first, "The first sample's number (default 0)")
      ->option_text("K")
      ->check(CLI::Range(0, 900000));
  app.add_option("--seed", o.seed, "Other random numbers (default 0)")
      ->option_text("S")
      ->check(whole_number());
  app.add_option("-o,--output", o.output, "Folder for the samples")->option_text("DIR")->required();
  app.add_option("--format", o.format, "Extension of the files (default png)")->option_text("EXT");
  auto* overwrite = app.add_flag("--overwrite", o.overwrite, "Replace samples that exist");
  app.add_flag("--skip-existing", o.skip_existing, "Leave samples that are done")
      ->excludes(overwrite);
  app.add_option("--sampler", o.sampler, "What draws (default heun)")
      ->option_text("NAME")
      ->excludes(texture);
  app.add_option("--param", o.parameters, "A parameter of the sampler; repeatable")
      ->option_text("K=V")
      ->allow_extra_args(false)
      ->excludes(texture);
  app.add_option("--steps", o.steps, "Noise levels (default 32)")
      ->option_text("N")
      ->check(CLI::Range(2, 100000))
      ->excludes(texture);
  app.add_option("--sigma-max", o.sigma_max, "First noise level, pixels in [0,1] (default 10)")
      ->option_text("S")
      ->check(above_zero())
      ->excludes(texture);
  app.add_option("--sigma-min", o.sigma_min, "Last noise level before 0 (default 0.005)")
      ->option_text("S")
      ->check(above_zero())
      ->excludes(texture);
  app.add_option("--rho", o.rho, "Higher puts more steps at low noise (default 7)")
      ->option_text("R")
      ->check(CLI::Range(1, 100))
      ->excludes(texture);
  add_listing(app, "--list-samplers", "Print samplers with their parameters", print_samplers);
  app.add_option("-j,--threads", o.threads, "Threads (default: all cores)")
      ->option_text("N")
      ->check(CLI::Range(1, 4096));
  add_device_option(app);
  app.add_flag("--json", o.json, "One JSON object a sample on stdout");
  app.add_option("--progress", o.progress, "auto, plain, json or none, on stderr")
      ->option_text("STYLE");
  add_report_option(app, o.report);
  app.add_flag("-q,--quiet", o.quiet, "Print errors only");
}

Shape parse_size(const Options& o) {
  int width = 0, height = 0, end = 0;
  const int found = std::sscanf(o.size.c_str(), "%5dx%5d%n", &width, &height, &end);
  if (found != 2 || end != static_cast<int>(o.size.size()) || width < 1 || height < 1)
    throw usage_error("--size {}: write WIDTHxHEIGHT in pixels, as in 128x96", o.size);
  return {o.channels, height, width};
}

std::unique_ptr<Sampler> make_sampler(const Options& o) {
  std::map<std::string, std::string> values;
  for (const auto& assignment : o.parameters) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      throw usage_error("--param {}: write NAME=VALUE", assignment);
    values[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return find_sampler(o.sampler).make(values);
}

std::shared_ptr<const Denoiser> mmse_prior(const std::string& name) {
  auto prior = make_prior(name);
  if (!dynamic_cast<const MmseDenoiser*>(prior.get()))
    throw usage_error("prior '{}' is no MMSE denoiser: there is no distribution to draw from",
                      name);
  return prior;
}

std::vector<double> noise_levels(const Options& o, const SigmaRange& range) {
  const double first = std::min(o.sigma_max, range.maximum);
  const double last = std::max(o.sigma_min, range.minimum);
  if (!(last < first))
    throw usage_error("--sigma-min {} is not below --sigma-max {}: levels fall", last, first);
  return ve_sigmas(edm_schedule(o.steps, last, first, o.rho));
}

// Usage error where one is in the way.
std::vector<fs::path> output_paths(const Options& o) {
  if (!format_for("sample." + o.format))
    throw usage_error("--format {}: not a format that can be written; png, tif, exr, jpg, webp",
                      o.format);
  const fs::path folder = o.output;
  if (fs::exists(folder) && !fs::is_directory(folder))
    throw usage_error("{}: not a folder; -o names the one that the samples go to", o.output);
  std::vector<fs::path> paths;
  for (int k = o.first; k < o.first + o.count; ++k) {
    paths.push_back(folder / fmt::format("sample-{:04}.{}", k, o.format));
    if (fs::exists(paths.back()) && !o.overwrite && !o.skip_existing)
      throw usage_error("{}: exists; --overwrite replaces it, --skip-existing keeps what is done",
                        paths.back().string());
  }
  return paths;
}

class SampleProgress : public Observer {
 public:
  SampleProgress(Progress& progress, std::string name)
      : progress_(progress), name_(std::move(name)) {}
  bool step(const StepReport& report) override {
    progress_.step(name_, static_cast<double>(report.iteration) / report.iterations);
    return true;
  }

 private:
  Progress& progress_;
  std::string name_;
};

// Where samples come from.
struct Source {
  std::function<std::pair<torch::Tensor, Summary>(Rng&, Observer&)> draw;
  Json name;             // in every record: {"prior": .., ..} or {"texture": ..}
  Json about;            // in the report
  std::string history;   // in the file, without folders
  std::string remark{};  // what a user should know; may be empty
};

std::string file_name(const std::string& path) { return fs::path(path).filename().string(); }

Source prior_source(const Options& o, const Shape& shape) {
  const std::shared_ptr<const Sampler> sampler = make_sampler(o);
  const auto prior = mmse_prior(o.prior);
  const auto sigmas = noise_levels(o, prior->sigma_range());
  Source source;
  source.draw = [=](Rng& rng, Observer& observer) -> std::pair<torch::Tensor, Summary> {
    // x_T = x0 + sigma_max n, any x0 where sigma_max hides it
    const auto x_T = 0.5 + sigmas.front() * randn(rng, shape);
    auto [x, summary] = sampler->run(*prior, sigmas, x_T, rng, &observer);
    return {x, summary};
  };
  source.name = {{"prior", o.prior}, {"sampler", o.sampler}};
  source.about = {{"prior", o.prior},         {"prior_hash", hash_of_prior(o.prior)},
                  {"sampler", o.sampler},     {"parameters", o.parameters},
                  {"steps", o.steps},         {"sigma_max", o.sigma_max},
                  {"sigma_min", o.sigma_min}, {"rho", o.rho}};
  source.history =
      fmt::format("prior {}, sampler {}, steps {}", file_name(o.prior), o.sampler, o.steps);
  source.remark = prior->remark(shape.height, shape.width);
  return source;
}

Source texture_source(const Options& o, const Shape& shape) {
  if (!fs::exists(o.texture))
    throw Error(ExitCode::no_input, fmt::format("{}: no such file", o.texture));
  const auto exemplar = load_image(o.texture).colour;
  check_texture(exemplar);
  Source source;
  source.draw = [=](Rng& rng, Observer& observer) -> std::pair<torch::Tensor, Summary> {
    auto result = synthesise_texture(exemplar, shape.height, shape.width, rng, &observer);
    return {result.estimate, result.summary};
  };
  source.name = {{"texture", o.texture}};
  source.about = {{"texture", o.texture}, {"texture_hash", hash_files({o.texture})}};
  source.history = "texture " + file_name(o.texture);
  return source;
}

Summary draw(const Options& o, const Source& source, int k, const fs::path& path,
             Observer& observer) {
  Rng rng(o.seed, 0, static_cast<std::uint32_t>(k));
  const auto [x, summary] = source.draw(rng, observer);
  if (!summary.usable()) throw item_error("{}: {}", path.string(), summary.message);
  const auto types = format_for(path)->sample_types;
  const bool floats = std::find(types.begin(), types.end(), SampleType::float32) != types.end();
  Image picture;
  picture.colour = x;
  picture.sample_type = floats ? SampleType::float32 : SampleType::uint8;
  SaveOptions save;
  if (!o.overwrite && !o.skip_existing) save.if_exists = IfExists::fail;
  save.history = {"restore-sample " RESTORE_VERSION,
                  fmt::format("{}, seed {}, sample {}", source.history, o.seed, k)};
  save_image(picture, path, save);
  return summary;
}

Json record_of(const Options& o, const Source& source, int k, const fs::path& path,
               const Summary& summary) {
  Json record = {{"output", path.string()}, {"sample", k}, {"seed", o.seed}};
  record.update(source.name);
  record["denoiser_calls"] = summary.denoiser_calls;
  if (!source.remark.empty()) record["remark"] = source.remark;
  return record;
}

void print_result(const Options& o, const Json& record, const std::string& message) {
  if (o.json)
    fmt::print("{}\n", record.dump(-1, ' ', false, Json::error_handler_t::replace));
  else if (!o.quiet)
    fmt::print("{}: {}, {} denoiser calls{}\n", record["output"].get<std::string>(), message,
               record["denoiser_calls"].get<int>(),
               record.contains("remark") ? ", " + record["remark"].get<std::string>() : "");
}

std::optional<Report> open_report(const Options& o) {
  if (o.report.empty()) return std::nullopt;
  return std::make_optional<Report>(
      o.report,
      o.overwrite       ? Existing::overwrite
      : o.skip_existing ? Existing::skip_done
                        : Existing::refuse,
      std::vector<ReportColumn>{{"denoiser_calls", "denoiser calls"}});
}

// All that decides a sample besides its number.
Json parameters_of(const Options& o, const Source& source) {
  Json parameters = source.about;
  parameters.update(
      {{"seed", o.seed}, {"size", o.size}, {"channels", o.channels}, {"version", RESTORE_VERSION}});
  return parameters;
}

void write_report(const Report& report, const Options& o, const Source& source) {
  Json about{{"call", own_call()}};
  about.update(parameters_of(o, source));
  report.write(kText.name, about, static_cast<std::size_t>(o.count));
}

// Which samples are done, so that an interrupted call can be gone on with.
class Done {
 public:
  Done(const Options& o, const Source& source)
      : skip_(o.skip_existing),
        log_(o.output),
        now_{"", hash_text(parameters_of(o, source).dump()), ""} {}

  bool has(const fs::path& path) const {
    if (!skip_) return false;
    const auto state = log_.state(path, now_);
    if (state == OutputState::foreign) refuse_foreign(path);
    return state == OutputState::done;
  }

  // `work` writes the sample.
  Summary make(const fs::path& path, const std::function<Summary()>& work) {
    log_.started(path);
    try {
      auto summary = work();
      auto made = now_;
      made.output = hash_files({path});
      log_.done(path, made);
      return summary;
    } catch (const Error& error) {
      // What another program may put there later is not ours.
      if (error.code() != ExitCode::interrupted && !fs::exists(path)) log_.failed(path);
      throw;
    }
  }

 private:
  const bool skip_;
  RunLog log_;
  const Fingerprints now_;
};

ExitCode draw_all(const Options& o, const Source& source, const std::vector<fs::path>& paths,
                  Report* report) {
  const auto tell = [&](std::int64_t i, const std::string& fate, const Json& record) {
    if (!report) return;
    const auto& path = paths[static_cast<std::size_t>(i)];
    std::vector<View> views;
    if (fate == "ok") views = {{path.string(), [&] { return load_reduced(path, kThumbnailSide); }}};
    report->add(static_cast<std::size_t>(i), path.filename().string(), fate, record, views);
  };
  const auto progress =
      make_progress(o.quiet ? ProgressStyle::none : parse_progress_style(o.progress));
  const auto budget = divide_threads(o.threads, o.count);
  Done done(o, source);
  std::atomic<int> failed = 0;
  progress->begin(kText.name, o.count);
  parallel_items(o.count, budget, [&](std::int64_t i) {
    if (interrupted()) return;
    set_torch_threads(budget.per_item);
    const auto& path = paths[static_cast<std::size_t>(i)];
    const int k = o.first + static_cast<int>(i);
    SampleProgress observer(*progress, path.filename().string());
    try {
      if (done.has(path)) {
        tell(i, "skipped", Json::object());
      } else {
        const auto summary = done.make(path, [&] { return draw(o, source, k, path, observer); });
        const auto record = record_of(o, source, k, path, summary);
        progress->aside([&] { print_result(o, record, summary.message); });
        tell(i, "ok", record);
      }
      progress->item_done(path.filename().string(), true);
    } catch (const Error& error) {
      if (error.code() == ExitCode::interrupted) return;
      if (error.code() != ExitCode::some_failed) throw;
      ++failed;
      progress->message(fmt::format("{}: {}", kText.name, error.what()));
      tell(i, "failed", {{"error", error.what()}});
      progress->item_done(path.filename().string(), false);
    }
  });
  progress->end();
  if (report) write_report(*report, o, source);
  throw_if_interrupted();
  return failed > 0 ? ExitCode::some_failed : ExitCode::ok;
}

ExitCode run(int argc, char** argv) {
  Options o;
  const auto app = make_command_line(kText);
  add_options(*app, o);
  if (!parse_command_line(*app, argc, argv)) return ExitCode::ok;
  const auto shape = parse_size(o);
  const auto paths = output_paths(o);
  const auto source = o.texture.empty() ? prior_source(o, shape) : texture_source(o, shape);
  auto report = open_report(o);
  std::vector<std::string> targets;
  for (const auto& path : paths) targets.push_back(path.string());
  std::error_code error;
  fs::create_directories(o.output, error);
  if (error) throw file_error(o.output, "cannot create the folder", error.value());
  remove_abandoned_files(targets);
  return draw_all(o, source, paths, report ? &*report : nullptr);
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
