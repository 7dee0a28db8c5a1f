// restore-inpaint: fills holes and leaves everything else bit for bit as it is.
#include "tools/common/inpaint.h"
#include "tools/common/masks.h"
#include "tools/common/picture_run.h"
#include "tools/common/run_tool.h"

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
};

bool parse(int argc, char** argv, Options& options) {
  auto app = make_command_line(kText);
  app->add_option("--mask", options.mask.path, "What to fill: a picture, or a folder of them")
      ->option_text("MASK")
      ->required();
  app->add_flag("--mask-invert", options.mask.invert, "Fill black, keep white");
  app->add_option("--mask-threshold", options.mask.threshold, "White is above it (default 0.5)")
      ->option_text("T");
  add_batch_options(*app, options.batch);
  add_method_options(*app, options.method);
  if (!parse_command_line(*app, argc, argv)) return false;
  check_batch_options(options.batch);
  return true;
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
  needs.alignment = part_alignment(restorer.prior());
  return needs;
}

ExitCode run(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return ExitCode::ok;
  const Restorer restorer(Task::inpaint, options.method, options.batch.max_memory);
  const Masks masks(options.mask);

  PictureRun pictures;
  pictures.tool = kText.name;
  pictures.uncertainty = options.method.uncertainty;
  pictures.parameters = restorer.parameters();
  pictures.parameters["mask_invert"] = options.mask.invert;
  pictures.parameters["mask_threshold"] = options.mask.threshold;
  pictures.prepare = [&](Item& item) {
    item.also_reads = {masks.find(item.input, std::filesystem::path(item.id).parent_path())};
  };
  pictures.needs = [&](const Item&, const Shape& shape) { return needs_of(restorer, shape); };
  pictures.work = [&](const Item& item, const Image& picture, const Part& part,
                      Observer& observer) {
    const auto holes = masks.holes(item.also_reads.front(), part.height, part.width);
    const auto& [y0, x0, height, width] = part.window;
    auto filled =
        inpaint(restorer, picture.colour, holes.narrow(2, y0, height).narrow(3, x0, width), part,
                image_key(item), observer);
    Image result = picture;
    result.colour = filled.colour;
    return Outcome{std::move(result), std::move(filled.record), std::move(filled.deviation)};
  };
  pictures.describe = [&](const Json& record) {
    return describe_restored(record, options.batch.verbose);
  };
  return run_pictures(options.batch, pictures);
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) { return restore::run_tool(argc, argv, restore::run); }
