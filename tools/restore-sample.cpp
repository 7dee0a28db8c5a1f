// restore-sample: pictures out of a prior alone, nothing being measured.
#include <algorithm>
#include <filesystem>

#include <fmt/core.h>

#include "librestore/core/json.h"
#include "librestore/core/parallel.h"
#include "librestore/core/printable.h"
#include "librestore/image/formats.h"
#include "librestore/image/image_io.h"
#include "librestore/image/thumbnail.h"
#include "librestore/model/random.h"
#include "librestore/model/threads.h"
#include "librestore/report/report.h"
#include "librestore/run/batch.h"
#include "librestore/run/file_hash.h"
#include "priors/diffusion/schedule.h"
#include "priors/diffusion/table.h"
#include "priors/factory.h"
#include "priors/patch/texture/texture.h"
#include "tools/batch/own_call.h"
#include "tools/batch/step_progress.h"
#include "tools/command_line/command_line.h"
#include "tools/command_line/lists.h"
#include "tools/command_line/run_tool.h"
#include "tools/command_line/shared_options.h"
#include "tools/restoration/restorer.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

const ToolText kText = {
    "restore-sample", "Draw pictures from a prior: what it takes pictures to be.",
    "restore-sample --size 128x128 --count 4 -o samples",
    "Writes sample-0000.png and on into the folder DIR. Sample k is the same whatever\n"
    "--count and --first are. A prior must be an MMSE denoiser, as networks are and\n"
    "tv is not. As many samples are drawn at once as fit in --max-memory.\n"
    "\n"
    "--texture FILE makes pictures of the windows of that one instead: more bricks,\n"
    "more grass. It takes a picture of 16 to 512 pixels a side that shows the texture\n"
    "and little else.\n"
    "\n"
    "Noise levels fall from --sigma-max to --sigma-min and then to 0, within the\n"
    "range that the prior was made for. The first must hide every picture: a sample\n"
    "starts as grey and noise."};

struct Options : RunOptions {
  std::string prior = "natural", texture;
  std::string size, output, format = "png", sampler = "heun";
  std::vector<std::string> parameters;
  int count = 1, first = 0, channels = 3, steps = 32;
  double sigma_max = 10, sigma_min = 0.005, rho = 7;
  std::uint64_t seed = 0;
};

// Copies of the sample that a sampler and the way into its file hold, from above.
constexpr double kSamplerPlanes = 14;
// What a pixel of more of a texture takes, and one of the texture: measured, 123 and 500.
constexpr double kBytesDrawn = 150, kBytesOfTexture = 600;

void add_options(CLI::App& app, Options& o) {
  auto* texture =
      app.add_option("--texture", o.texture, "A picture to make more of, in place of a prior")
          ->option_text("FILE");
  app.add_option("--prior", o.prior, "A name or a file")
      ->option_text("PRIOR")
      ->capture_default_str()
      ->excludes(texture);
  app.add_option("--size", o.size, "Width and height of a sample")->option_text("WxH")->required();
  app.add_option("--channels", o.channels, "1 for grey, 3 for colour")
      ->option_text("C")
      ->capture_default_str()
      ->check(CLI::IsMember({1, 3}))
      ->excludes(texture);
  app.add_option("--count", o.count, "Samples to draw")
      ->option_text("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_option("--first", o.first, "The first sample's number")
      ->option_text("K")
      ->capture_default_str()
      ->check(CLI::Range(0, 900000));
  app.add_option("--seed", o.seed, "Other random numbers")
      ->option_text("S")
      ->capture_default_str()
      ->check(whole_number());
  app.add_option("--sampler", o.sampler, "What draws")
      ->option_text("NAME")
      ->capture_default_str()
      ->excludes(texture);
  app.add_option("--param", o.parameters, "A parameter of the sampler; repeatable")
      ->option_text("K=V")
      ->allow_extra_args(false)
      ->excludes(texture);
  app.add_option("--steps", o.steps, "Noise levels")
      ->option_text("N")
      ->capture_default_str()
      ->check(CLI::Range(2, 100000))
      ->excludes(texture);
  app.add_option("--sigma-max", o.sigma_max, "First noise level, pixels in [0,1]")
      ->option_text("S")
      ->capture_default_str()
      ->check(above_zero())
      ->excludes(texture);
  app.add_option("--sigma-min", o.sigma_min, "Last noise level before 0")
      ->option_text("S")
      ->capture_default_str()
      ->check(above_zero())
      ->excludes(texture);
  app.add_option("--rho", o.rho, "Higher puts more steps at low noise")
      ->option_text("R")
      ->capture_default_str()
      ->check(CLI::Range(1, 100))
      ->excludes(texture);
  add_listing(app, "--list-samplers", "Print samplers with their parameters", print_samplers);
  app.add_option("-o,--output", o.output, "Folder for the samples")
      ->option_text("DIR")
      ->required()
      ->group(kFiles);
  app.add_option("--format", o.format, "Extension of the files")
      ->option_text("EXT")
      ->capture_default_str()
      ->group(kFiles);
  add_run_options(app, o);
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
    throw usage_error(
        "levels fall, and from --sigma-max to --sigma-min within the prior's {} to {} "
        "they would go from {} to {}",
        range.minimum, range.maximum, first, last);
  return ve_sigmas(edm_schedule(o.steps, last, first, o.rho));
}

// Usage error where an output is in the way.
Plan plan_samples(const Options& o) {
  if (!format_for("sample." + o.format))
    throw usage_error("--format {}: not a format that can be written; png, tif, exr, jpg, webp",
                      o.format);
  Plan plan{{}, o.output, true};
  if (fs::exists(plan.folder) && !fs::is_directory(plan.folder))
    throw usage_error("{}: not a folder; -o names the one that the samples go to", o.output);
  for (int k = o.first; k < o.first + o.count; ++k) {
    const auto name = fmt::format("sample-{:04}.{}", k, o.format);
    plan.items.push_back({.id = name, .input = {}, .output = plan.folder / name});
    const auto& path = plan.items.back().output;
    if (existing_of(o) == Existing::refuse && fs::exists(path))
      throw usage_error("{}: exists; --overwrite replaces it, --skip-existing keeps what is done",
                        path.string());
  }
  return plan;
}

// Where samples come from.
struct Source {
  std::function<std::pair<torch::Tensor, Summary>(Rng&, Observer&)> draw;
  double bytes = 0;             // that a sample takes, about, from above
  std::vector<fs::path> reads;  // files
  Json name;                    // in every record: {"prior": .., ..} or {"texture": ..}
  Json about;                   // in the report
  std::string history;          // in the file, without folders
  std::string remark{};         // what a user should know; may be empty
};

std::string file_name(const std::string& path) { return fs::path(path).filename().string(); }

Source prior_source(const Options& o, const Shape& shape) {
  const std::shared_ptr<const Sampler> sampler =
      find_sampler(o.sampler).make(parse_parameters(o.parameters));
  const auto prior = mmse_prior(o.prior);
  const auto sigmas = noise_levels(o, prior->sigma_range());
  Source source;
  source.draw = [=](Rng& rng, Observer& observer) -> std::pair<torch::Tensor, Summary> {
    // x_T = x0 + sigma_max n, any x0 where sigma_max hides it
    const auto x_T = 0.5 + sigmas.front() * randn(rng, shape);
    auto [x, summary] = sampler->run(*prior, sigmas, x_T, rng, &observer);
    return {x, summary};
  };
  source.bytes = static_cast<double>(shape.pixels()) * prior->bytes_per_pixel() +
                 static_cast<double>(shape.numel()) * sizeof(float) * kSamplerPlanes;
  source.reads = prior_files(o.prior);
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
  source.bytes = kBytesDrawn * static_cast<double>(shape.pixels()) +
                 kBytesOfTexture * static_cast<double>(shape_of(exemplar).pixels());
  source.reads = {o.texture};
  source.name = {{"texture", o.texture}};
  source.about = {{"texture", o.texture}, {"texture_hash", hash_files({o.texture})}};
  source.history = "texture " + file_name(o.texture);
  return source;
}

// Sample k is called sample-k.
Json draw(const Options& o, const Source& source, const Item& item, Observer& observer) {
  const int k = std::stoi(item.id.substr(item.id.find('-') + 1));
  Rng rng(o.seed, 0, static_cast<std::uint32_t>(k));
  const auto [x, summary] = source.draw(rng, observer);
  if (!summary.usable()) throw item_error("{}: {}", item.output.string(), summary.message);
  Image picture;
  picture.colour = x;
  picture.sample_type =
      holds_floats(*format_for(item.output)) ? SampleType::float32 : SampleType::uint8;
  SaveOptions save;
  if (existing_of(o) == Existing::refuse) save.if_exists = IfExists::fail;
  save.history = {"restore-sample " RESTORE_VERSION,
                  fmt::format("{}, seed {}, sample {}", source.history, o.seed, k)};
  save_image(picture, item.output, save);
  Json record = {{"sample", k}, {"seed", o.seed}};
  record.update(source.name);
  record["denoiser_calls"] = summary.denoiser_calls;
  record["message"] = summary.message;
  if (!source.remark.empty()) record["remark"] = source.remark;
  return record;
}

// Empty: nothing new is there.
std::string line_for_people(const Json& record) {
  const std::string output = record["output"], status = record["status"];
  if (status != "ok") return status == "planned" ? output : "";
  return fmt::format("{}: {}, {} denoiser calls{}", output, record["message"].get<std::string>(),
                     record["denoiser_calls"].get<int>(),
                     record.contains("remark") ? ", " + record["remark"].get<std::string>() : "");
}

std::optional<Report> open_report(const Options& o) {
  if (o.report.empty() || o.dry_run) return std::nullopt;
  return std::make_optional<Report>(
      o.report, existing_of(o), std::vector<ReportColumn>{{"denoiser_calls", "denoiser calls"}});
}

void add_to(Report& report, std::size_t place, const Item& item, const Json& record) {
  const std::string fate = record["status"];
  std::vector<View> views;
  if (fate != "failed")
    views = {{item.output.string(), [=] { return load_reduced(item.output, kThumbnailSide); }}};
  report.add(place, item.id, fate, record, views);
}

// All that decides a sample besides its number.
Json parameters_of(const Options& o, const Source& source) {
  Json parameters = source.about;
  parameters.update(
      {{"seed", o.seed}, {"size", o.size}, {"channels", o.channels}, {"version", RESTORE_VERSION}});
  return parameters;
}

ExitCode draw_all(const Options& o, const Source& source, const Plan& plan) {
  auto report = open_report(o);
  const auto progress = make_progress(o);
  Resources resources(threads_of(o), memory_for_items(o), o.count);
  BatchRequest request;
  request.tool = kText.name;
  request.parameters = parameters_of(o, source);
  request.existing = existing_of(o);
  request.threads = o.threads;
  request.resources = &resources;
  request.dry_run = o.dry_run;
  request.json = o.json;
  request.quiet = true;  // the lines for people are ours
  request.ended = [&](std::size_t place, const Json& record) {
    if (report) add_to(*report, place, plan.items[place], record);
    if (o.json || o.quiet || record["status"] == "failed") return;
    const auto line = line_for_people(record);
    if (!line.empty()) progress->aside([&] { fmt::print("{}\n", printable(line)); });
  };
  const auto result = run_batch(plan, request, *progress, [&](const Item& item) {
    const auto share = resources.reserve(static_cast<std::int64_t>(source.bytes));
    StepProgress observer(*progress, item.id);
    Json record;
    with_threads(share.threads(), [&] {
      set_torch_threads(share.threads());
      record = draw(o, source, item, observer);
    });
    return record;
  });
  if (report) {
    Json about{{"call", own_call()}};
    about.update(request.parameters);
    report->write(kText.name, about, plan.items.size());
  }
  return result.code;
}

ExitCode run(int argc, char** argv) {
  Options o;
  const auto app = make_command_line(kText);
  add_options(*app, o);
  if (!parse_command_line(*app, argc, argv)) return ExitCode::ok;
  check_run_options(o);
  const auto shape = parse_size(o.size, o.channels);
  const auto plan = plan_samples(o);
  const auto source = o.texture.empty() ? prior_source(o, shape) : texture_source(o, shape);
  if (source.bytes > static_cast<double>(memory_for_items(o)))
    throw usage_error("--size {}: a sample takes about {:.1f}G; raise --max-memory", o.size,
                      (source.bytes + static_cast<double>(kProcessBytes)) / (1 << 30));
  CommonFiles common{source.reads, {}};
  // Another name is refused by the report itself.
  if (o.report.ends_with(".html")) common.writes.emplace_back(o.report);
  check_files(plan, existing_of(o), common);
  return draw_all(o, source, plan);
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
