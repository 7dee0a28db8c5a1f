// restore-degrade: makes a measurement of a picture, and the job that says how.
#include <optional>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/output_folder.h"
#include "librestore/image/formats.h"
#include "operators/factory.h"
#include "operators/noise_factory.h"
#include "tools/batch/job_files.h"
#include "tools/batch/own_call.h"
#include "tools/batch/picture_run.h"
#include "tools/command_line/lists.h"
#include "tools/command_line/operator_check.h"
#include "tools/command_line/run_tool.h"
#include "tools/command_line/shared_options.h"
#include "tools/restoration/frame.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

const ToolText kText = {
    "restore-degrade", "Measure pictures by an operator, with noise, and write down how.",
    "restore-degrade photo.png --operator 'blur(gaussian:1.6)' --noise 0.01 -o blurred.png",
    "Beside OUT.png goes the job OUT.json, which restore-pnp --job undoes. EXR and TIFF outputs\n"
    "are written as float and keep what noise puts below 0 and above 1; other formats clip it\n"
    "and round, and the record says how much was clipped."};

struct Options {
  BatchOptions batch;
  std::string expression;
  std::string noise = "0";
  std::uint64_t seed = 0;
  std::string job;
  std::optional<Shape> scene{};  // the job's
  std::string id;                // the job's
  std::string size = "32x24";
  ExitCode checked = ExitCode::ok;  // what --check has found
};

// What the job says, with its paths relative to the current folder.
void take_job(Options& options) {
  const auto job = read_job(options.job);
  const auto folder = fs::path(options.job).parent_path();
  options.expression = rebase_expression(job.operator_expression, folder, ".");
  options.noise = rebase_expression(job.noise, folder, ".");
  options.seed = job.seed;
  options.scene = job.scene;
  options.id = job.id;
}

bool parse(int argc, char** argv, Options& options) {
  auto app = make_command_line(kText);
  auto* expression = app->add_option("--operator", options.expression,
                                     "Left to right: the first acts on the picture")
                         ->option_text("EXPR");
  auto* noise = app->add_option("--noise", options.noise,
                                "Standard deviation in [0,1] (default 0), or a model of --list")
                    ->option_text("EXPR");
  auto* seed = app->add_option("--seed", options.seed, "Of the noise (default 0)")
                   ->option_text("N")
                   ->check(whole_number());
  app->add_option("--job", options.job, "A job to do again, in place of the above")
      ->option_text("JOB")
      ->excludes(expression)
      ->excludes(noise)
      ->excludes(seed);
  app->add_option("--size", options.size, "Of the scene of --check: WxH or WxHxC (default 32x24)")
      ->option_text("WxH");
  app->add_option_function<std::string>(
         "--check",
         [&](const std::string& text) {
           options.checked = check_operator(text, parse_size(options.size));
           throw CLI::Success();
         },
         "Measure the laws of an operator: adjoint, norm, condition number")
      ->option_text("EXPR");
  add_listing(*app, "--list,--list-operators",
              "Print operators and noise models with their parameters", print_operators);
  add_batch_options(*app, options.batch);
  if (!parse_command_line(*app, argc, argv)) return false;
  if (options.expression.empty() && options.job.empty())
    throw usage_error("how is it to be measured? Give --operator EXPR or --job JOB");
  if (!options.job.empty()) take_job(options);
  check_batch_options(options.batch);
  return true;
}

std::shared_ptr<const NoiseModel> noise_model(const std::string& text) {
  if (text != "auto" && !text.starts_with("auto(")) return make_noise(text);
  throw usage_error("--noise auto: there is nothing to estimate, say how much noise to add");
}

// The share of the values that an integer format cuts off.
double clipped_share(const torch::Tensor& y) {
  return (y.lt(0) | y.gt(1)).to(torch::kFloat64).mean().item<double>();
}

// The id that the noise is keyed with: the job's for its own picture, wherever that was reached
// from.
const std::string& drawn_as(const Options& options, const Item& item) {
  return fs::path(options.id).filename() == fs::path(item.id).filename() ? options.id : item.id;
}

Outcome degrade(const Options& options, const NoiseModel& noise, const Item& item,
                const Image& picture) {
  const auto shape = shape_of(picture.colour);
  if (options.scene && *options.scene != shape)
    throw item_error("the picture is {}, but the job's scene is {} (channels x height x width)",
                     shape.to_string(), options.scene->to_string());
  const auto A = build_operator(options.expression, {shape, false});
  Rng rng(options.seed, image_key(drawn_as(options, item)));
  Image result = picture;
  result.colour = noise.sample(A->apply(picture.colour), rng);
  result.alpha = measured_alpha(picture.alpha, *A);
  Json record{{"operator", options.expression},
              {"noise", options.noise},
              {"sigma", noise.sigma()},
              {"seed", options.seed}};
  if (holds_floats(*format_for(item.output))) {
    result.sample_type = SampleType::float32;
  } else {
    record["clipped"] = clipped_share(result.colour);
  }
  record["scene"] = {picture.channels(), picture.height(), picture.width()};
  record["measurement"] = {result.channels(), result.height(), result.width()};
  record["job"] = job_path(item.output).string();
  return {std::move(result), std::move(record)};
}

Needs needs_of(const Shape& scene) {
  // The scene, what is measured, its noise, and what the operator makes on the way.
  constexpr double kPlanes = 8;
  const double bytes = kPlanes * static_cast<double>(scene.numel()) * sizeof(float);
  Needs needs{.bytes = [bytes](std::int64_t, std::int64_t) { return bytes; }};
  needs.obstacle = "restore-degrade does not work in parts";
  return needs;
}

Shape shape_from(const Json& json) { return {json[0], json[1], json[2]}; }

void write_job_of(const Options& options, const Item& item, const Json& record) {
  const auto path = job_path(item.output);
  const auto folder = folder_of(path);
  Job job;
  job.operator_expression = rebase_expression(options.expression, {}, folder);
  job.noise = rebase_expression(options.noise, {}, folder);
  job.seed = options.seed;
  job.scene = shape_from(record["scene"]);
  job.measurement = shape_from(record["measurement"]);
  if (const auto& id = drawn_as(options, item); fs::path(id).has_parent_path()) job.id = id;
  job.reference = fs::relative(fs::absolute(item.input), fs::absolute(folder)).generic_string();
  write_job(job, path, if_exists_of(options.batch));
}

std::string describe(const Json& record) {
  auto line = "noise " + record["noise"].get<std::string>();
  if (record.contains("clipped") && record["clipped"].get<double>() > 0)
    line += fmt::format(", {:.2f} % of the values clipped", 100 * record["clipped"].get<double>());
  return line + ", job " + record["job"].get<std::string>();
}

void print_undo(const std::string& output, bool recursive) {
  const fs::path path = output;
  const bool folder = fs::is_directory(path);
  const auto job = folder ? path : job_path(path);
  // Without the slash that may end the name.
  auto restored = folder ? fs::path((path / "").parent_path().string() + "-restored") : path;
  if (!folder) restored.replace_filename(path.stem() += "-restored" + path.extension().string());
  fmt::print("undo: restore-pnp {}{} --job {} -o {}\n", recursive && folder ? "-r " : "",
             shell_word(output), shell_word(job), shell_word(restored));
}

ExitCode run(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return options.checked;
  const auto noise = noise_model(options.noise);
  auto files = expression_files(options.expression);
  for (auto& file : expression_files(options.noise)) files.push_back(std::move(file));

  PictureRun pictures;
  pictures.tool = kText.name;
  pictures.parameters = {{"operator", options.expression},
                         {"noise", noise->describe()},
                         {"seed", options.seed},
                         {"version", RESTORE_VERSION}};
  if (!options.id.empty()) pictures.parameters["id"] = options.id;
  pictures.prepare = [&](Item& item) {
    item.also_reads = files;
    item.also_writes.push_back(job_path(item.output));
  };
  pictures.task = [&](const Item& item) {
    PictureTask task;
    task.needs = needs_of;
    task.work = [&](const Image& picture, const Part&, Observer&) {
      return degrade(options, *noise, item, picture);
    };
    task.may_be_black = true;
    return task;
  };
  pictures.saved = [&](const Item& item, const Json& record) {
    write_job_of(options, item, record);
  };
  pictures.describe = describe;
  const auto code = run_pictures(options.batch, pictures);
  const bool told = !options.batch.quiet && !options.batch.json && !options.batch.dry_run &&
                    options.batch.plan_to.empty();
  if (told && code == ExitCode::ok) print_undo(options.batch.output, options.batch.recursive);
  return code;
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
