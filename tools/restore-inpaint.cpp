// restore-inpaint: fills holes and leaves everything else bit for bit as it is.
#include <optional>

#include "librestore/core/error.h"
#include "operators/factory.h"
#include "operators/sampling/mask.h"
#include "tools/batch/job_files.h"
#include "tools/batch/masks.h"
#include "tools/batch/picture_run.h"
#include "tools/batch/reference_psnr.h"
#include "tools/command_line/job_option.h"
#include "tools/command_line/run_tool.h"
#include "tools/command_line/shared_options.h"
#include "tools/restoration/inpaint.h"
#include "tools/restoration/record.h"

namespace restore {
namespace {

const ToolText kText = {
    "restore-inpaint", "Fill the white parts of a mask from what lies around them.",
    "restore-inpaint photo.png --mask scratches.png -o restored.png",
    "--mask takes one mask for all pictures, or a folder with a mask of each picture's stem.\n"
    "Pixels outside the mask come back bit for bit, at 8 and 16 bit, half and float; a JPEG\n"
    "or lossy WebP output cannot promise that, because it is compressed again."};

struct Options {
  BatchOptions batch;
  MethodOptions method{.noise = "0"};
  MaskOptions mask;
  std::string job;
  bool noise_given = false;
};

// What to fill in a picture, and what is known of its noise; null: what --noise says.
struct Holes {
  torch::Tensor holes;  // 1 x 1 x H x W, bool
  std::shared_ptr<const NoiseModel> noise{};
  std::filesystem::path reference{};
};

struct HoleSource {
  std::function<void(Item&)> prepare;
  std::function<Holes(const Item&, const Shape& picture)> find;
};

bool parse(int argc, char** argv, Options& options) {
  auto app = make_command_line(kText);
  auto* mask =
      app->add_option("--mask", options.mask.path, "What to fill: a picture, or a folder of them")
          ->option_text("MASK");
  auto* invert = app->add_flag("--mask-invert", options.mask.invert, "Fill black, keep white");
  auto* threshold =
      app->add_option("--mask-threshold", options.mask.threshold, "White is above it (default 0.5)")
          ->option_text("T");
  app->add_option("--job", options.job, "What restore-degrade wrote, in place of the above")
      ->option_text("JOB")
      ->excludes(mask)
      ->excludes(invert)
      ->excludes(threshold);
  add_batch_options(*app, options.batch);
  add_method_options(*app, options.method);
  if (!parse_command_line(*app, argc, argv)) return false;
  if (options.mask.path.empty() && options.job.empty())
    throw usage_error("what is to be filled? Give --mask MASK or --job JOB");
  check_batch_options(options.batch);
  options.noise_given = app->count("--noise") > 0;
  options.mask.max_pixels = options.batch.max_pixels;
  return true;
}

HoleSource from_masks(const Options& options) {
  const auto masks = std::make_shared<Masks>(options.mask);
  return {[masks](Item& item) {
            const auto relative = std::filesystem::path(item.id).parent_path();
            item.described_by = masks->find(item.input, relative);
            item.also_reads.push_back(item.described_by);
          },
          [masks](const Item& item, const Shape& picture) -> Holes {
            return {masks->holes(item.described_by, picture.height, picture.width)};
          }};
}

Holes holes_of(const Job& job, const std::filesystem::path& file, const Shape& picture) {
  check_size(picture, job.measurement);
  const auto A = build_operator(job.operator_expression, {picture, false}, file.parent_path());
  // A mask's singular values are 0 where it hides a value.
  const auto* mask = dynamic_cast<const Mask*>(A.get());
  if (!mask)
    throw usage_error("{}: restore-inpaint undoes one mask, and this is \"{}\"", file.string(),
                      job.operator_expression);
  const auto holes = mask->singular_values().eq(0).amax(1, true);
  if (!holes.any().item<bool>()) throw item_error("{}: the mask hides nothing", file.string());
  return {holes, noise_of(job, file), reference_of(job, file)};
}

HoleSource from_jobs(const Options& options) {
  const auto jobs = std::make_shared<const Jobs>(options.job);
  return {job_preparation(jobs, kText.name, {"mask"}),
          [jobs, given = options.noise_given](const Item& item, const Shape& picture) {
            const auto& file = item.described_by;
            auto holes = holes_of(jobs->read(file), file, picture);
            if (given) holes.noise = nullptr;
            return holes;
          }};
}

// Only the surroundings of holes are computed; a mask is a byte a pixel, and held whole.
Needs needs_of(const Restorer& restorer, const Shape& shape) {
  Needs needs;
  const std::int64_t mask_bytes = 2 * shape.pixels();
  needs.bytes = [&restorer, mask_bytes, channels = shape.channels](std::int64_t height,
                                                                   std::int64_t width) {
    return restorer.bytes_for({channels, height, width}) + static_cast<double>(mask_bytes);
  };
  needs.halo = inpainting_margin(restorer.prior());
  if (const auto& noise = restorer.noise().model()) {
    needs.halo += noise->reach();
    needs.held = noise->held_bytes();
  }
  needs.alignment = part_alignment(restorer.prior());
  return needs;
}

PictureTask task_of(const Options& options, const Restorer& restorer, const HoleSource& source,
                    const Item& item) {
  // Read when memory is there for it, and once for all parts.
  const auto holes_in = [&source, &item, known = std::make_shared<std::optional<Holes>>()](
                            const Image& picture, const Part& part) -> const Holes& {
    if (!*known) *known = source.find(item, {picture.channels(), part.height, part.width});
    return **known;
  };
  PictureTask task;
  task.needs = [&](const Shape& shape) {
    auto needs = needs_of(restorer, shape);
    if (!options.job.empty()) needs.obstacle = "with a job it is not computed in parts";
    return needs;
  };
  task.noise = restorer.noise().model();
  task.find_noise = [&restorer](const std::vector<Sample>& samples) {
    return restorer.noise().of(colours_of(samples), 0);
  };
  // 0 counts as clipped, which keeps holes out of an estimate of the noise.
  task.measured = [holes_in](const Image& picture, const Part& part) {
    return picture.colour.masked_fill(cut(holes_in(picture, part).holes, part.window), 0);
  };
  task.work = [&, holes_in](const Image& picture, const Part& part, Observer& observer) {
    const auto& [holes, noise, reference] = holes_in(picture, part);
    const auto here = cut(holes, part.window);
    auto filled = inpaint(restorer, picture.colour, here, part, image_key(item), observer, noise);
    if (picture.alpha.defined() && (picture.alpha.eq(0) & here).any().item<bool>())
      add_remark(filled.record, "filled pixels are transparent, for alpha is kept");
    if (part.is_whole())
      add_psnr(filled.record, reference, filled.colour, {.max_pixels = options.batch.max_pixels});
    Image result = picture;
    result.colour = filled.colour;
    return Outcome{std::move(result), std::move(filled.record), std::move(filled.deviation),
                   filled.known};
  };
  return task;
}

ExitCode run(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return ExitCode::ok;
  const Restorer restorer(Task::inpaint, options.method, options.batch.max_memory);
  const auto source = options.job.empty() ? from_masks(options) : from_jobs(options);

  PictureRun pictures;
  pictures.tool = kText.name;
  pictures.uncertainty = options.method.uncertainty;
  pictures.parameters = restorer.parameters();
  pictures.common.reads = restorer.prior_files();
  pictures.parameters["mask_invert"] = options.mask.invert;
  pictures.parameters["mask_threshold"] = options.mask.threshold;
  pictures.prepare = [&, reads = expression_files(options.method.noise)](Item& item) {
    item.also_reads = reads;
    source.prepare(item);
  };
  pictures.task = [&](const Item& item) { return task_of(options, restorer, source, item); };
  pictures.describe = [&](const Json& record) {
    return describe_restored(record, options.batch.verbose);
  };
  return run_pictures(options.batch, pictures);
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
