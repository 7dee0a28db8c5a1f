#include "tools/batch/undo.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/image/formats.h"
#include "librestore/image/image_io.h"
#include "operators/expression/expression.h"
#include "operators/factory.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/whitened.h"
#include "tools/batch/job_files.h"
#include "tools/batch/picture_run.h"
#include "tools/batch/reference_psnr.h"
#include "tools/batch/trace.h"
#include "tools/restoration/frame.h"
#include "tools/restoration/record.h"
#include "tools/restoration/restorer.h"

namespace restore {
namespace {

std::shared_ptr<const Operator> build(const Degradation& degradation, const Shape& measured) {
  if (!degradation.scene)
    return build_operator(degradation.expression, {measured, true}, degradation.base);
  auto A = build_operator(degradation.expression, {*degradation.scene, false}, degradation.base);
  check_size(measured, A->output_shape());
  return A;
}

// Rounding to 8 bits is noise of this standard deviation (a uniform error of one step), and what is
// solved with less amplifies it. Finer samples carry their data as good as exactly.
constexpr double kRounding = 1 / (255 * 3.4641016151377544);  // sqrt(12)
// An estimate of the noise is not taken for less than this. Compression is noise that an estimate
// from fine detail does not see: measured on blurred pictures at JPEG quality 90.
constexpr double kLeastEstimate = 0.5 / 255, kLeastEstimateLossy = 2.0 / 255;

// Null where it is to be estimated.
std::shared_ptr<const NoiseModel> known_noise(const Restorer& restorer,
                                              const Degradation& degradation) {
  return degradation.noise ? degradation.noise : restorer.noise().model();
}

std::shared_ptr<const NoiseModel> noise_of(const Restorer& restorer, const Degradation& degradation,
                                           bool rounds, const Image& picture) {
  const bool coarse = picture.sample_type == SampleType::uint8;
  const double least = !coarse ? 0 : is_lossy(picture) ? kLeastEstimateLossy : kLeastEstimate;
  auto noise = known_noise(restorer, degradation);
  // What rounds leaves no noise that an estimate could find.
  if (!noise && rounds) noise = std::make_shared<GaussianNoise>(kLeastEstimate);
  if (!noise) noise = restorer.noise().of(picture.colour, least);
  if (coarse && noise->is_white() && noise->sigma() < kRounding)
    return std::make_shared<GaussianNoise>(kRounding);
  return noise;
}

// What a job says of the whole scene does not hold for a part.
Degradation without_scene(Degradation degradation) {
  degradation.scene.reset();
  return degradation;
}

// How many measurements of one scene an operator makes at once; 0: it has no branches.
std::size_t branches_of(const std::string& expression) {
  for (const auto& call : parse_expression(ExpressionSource(expression)))
    if (!call.branches.empty()) return call.branches.size();
  return 0;
}

// The other frames below the picture.
torch::Tensor stacked(const torch::Tensor& picture,
                      const std::vector<std::filesystem::path>& frames, const LoadOptions& load) {
  std::vector<torch::Tensor> parts{picture};
  for (const auto& file : frames) {
    parts.push_back(load_image(file, load).colour);
    const Shape first = shape_of(picture), other = shape_of(parts.back());
    if (other.channels != first.channels || other.width != first.width)
      throw item_error(
          "{}: {} where the first frame is {} (channels x height x width): only heights may differ",
          file.string(), other.to_string(), first.to_string());
  }
  return torch::cat(parts, 2);
}

Outcome undo(const Restorer& restorer, const Degradation& degradation, const Item& item,
             const LoadOptions& load, const Image& picture, const Part& part, Observer& observer) {
  const auto A =
      build(part.is_whole() ? degradation : without_scene(degradation), shape_of(picture.colour));
  const auto noise = part.found
                         ? part.found
                         : noise_of(restorer, degradation, A->differentiable() != nullptr, picture);
  const std::int64_t scale = A->input_shape().height / A->output_shape().height;
  // What is no picture, such as frequencies, does not say where the scene's values end.
  const double range = part.is_whole() && part.range > 1
                           ? std::min(part.range, range_of(A->initial_estimate(picture.colour)))
                           : part.range;
  auto restored = restorer.restore(picture.colour, A,
                                   {.noise = part.noise(noise, picture.channels()),
                                    .range = range,
                                    .image = image_key(item),
                                    .y0 = part.window.y0 * scale,
                                    .x0 = part.window.x0 * scale,
                                    .level = part.level},
                                   observer);
  auto record = record_of(restored.summary, *noise);
  std::vector<std::string> remarks;
  for (const auto& remark : {degradation.remark, restored.remark})
    if (!remark.empty()) remarks.push_back(remark);
  if (!remarks.empty()) record["remark"] = fmt::format("{}", fmt::join(remarks, ", "));
  if (part.is_whole()) add_psnr(record, degradation.reference, restored.estimate, load);

  Image result = picture;
  if (degradation.scene && part.is_whole()) {
    result.colour = restored.estimate;
    result.alpha = scene_alpha(picture.alpha, *A);
  } else {
    const auto seen = seen_by(*A);
    result.colour = cut(restored.estimate, seen);
    result.alpha = restored_alpha(picture.alpha, *A);
    if (restored.deviation.defined()) restored.deviation = cut(restored.deviation, seen);
  }
  return {std::move(result), std::move(record), std::move(restored.deviation)};
}

// The shapes of a small measurement and of the scene that it belongs to tell how the operator
// enlarges and how far its kernels reach.
constexpr std::int64_t kProbe = 96;  // px

Needs needs_of(const Restorer& restorer, const Degradation& degradation, const Shape& measured) {
  Needs needs;
  needs.obstacle = obstacle_to_parts(degradation.expression);
  const auto noise = known_noise(restorer, degradation);
  if (noise) needs.held = noise->held_bytes();
  if (!needs.obstacle.empty()) {
    const auto A = build(degradation, measured);
    const double bytes = restorer.bytes_for(A->input_shape());
    needs.bytes = [bytes](std::int64_t, std::int64_t) { return bytes; };
    return needs;
  }
  const auto A = build(without_scene(degradation), {measured.channels, kProbe, kProbe});
  const auto seen = seen_by(*A);
  const Shape scene = A->input_shape();
  needs.scale = std::max<std::int64_t>(seen.height / kProbe, 1);
  const std::int64_t scale = needs.scale;
  const std::int64_t reach =
      std::max(scene.height - seen.height, scene.width - seen.width);  // of the kernel, both sides
  needs.bytes = [&restorer, scale, reach, channels = measured.channels](std::int64_t height,
                                                                        std::int64_t width) {
    return restorer.bytes_for({channels, height * scale + reach, width * scale + reach});
  };
  if (seen.height != needs.scale * kProbe || seen.width != needs.scale * kProbe) {
    const double ratio = static_cast<double>(scene.pixels()) / (kProbe * kProbe);
    const Shape whole{measured.channels, measured.height,
                      static_cast<std::int64_t>(ratio * static_cast<double>(measured.width))};
    needs.bytes = [bytes = restorer.bytes_for(whole)](std::int64_t, std::int64_t) { return bytes; };
    needs.obstacle = "only whole factors are computed in parts";
    return needs;
  }
  if (degradation.scene && (degradation.scene->height != measured.height * scale ||
                            degradation.scene->width != measured.width * scale))
    needs.obstacle = "its job tells of a scene that reaches past the frame";
  needs.alignment = part_alignment(restorer.prior());
  needs.remark = part_remark(restorer.prior());
  needs.halo = (part_halo(restorer.prior()) + 2 * reach + scale - 1) / scale;
  if (noise) needs.halo += noise->reach();
  return needs;
}

Outcome traced(Trace& trace, const Item& item, const Part& part, Observer& observer,
               const std::function<Outcome(Observer&)>& work) {
  TraceRecorder recorder(observer);
  try {
    auto outcome = work(recorder);
    trace.add(item, part, recorder.steps(), {{"result", outcome.record}});
    return outcome;
  } catch (const Error& error) {
    trace.add(item, part, recorder.steps(), {{"error", error.what()}});
    throw;
  }
}

// `trace`: null where none is wanted.
PictureTask task_of(const UndoRun& run, const Restorer& restorer, const Item& item, Trace* trace) {
  const auto known = std::make_shared<const Degradation>(run.degradation(item));
  PictureTask task;
  task.needs = [&, known](Shape measured) {
    measured.height *= static_cast<std::int64_t>(1 + run.frames.size());
    return needs_of(restorer, *known, measured);
  };
  task.noise = known_noise(restorer, *known);
  // Operators that round are not computed in parts.
  task.find_noise = [&, known](const std::vector<Sample>& samples) {
    Image all = samples.front().picture;
    all.colour = colours_of(samples);
    return noise_of(restorer, *known, false, all);
  };
  task.level = [&, known](const Image& window, const Part& part) {
    const auto noise = part.found ? part.found : noise_of(restorer, *known, false, window);
    const auto A = build(without_scene(*known), shape_of(window.colour));
    return white_level({window.colour, A, part.noise(noise, window.channels())});
  };
  task.work = [&, known, trace](const Image& picture, const Part& part, Observer& observer) {
    const LoadOptions load{.max_pixels = run.batch.max_pixels};
    Image shown = picture;
    if (!run.frames.empty()) shown.colour = stacked(picture.colour, run.frames, load);
    const auto work = [&](Observer& watcher) {
      return undo(restorer, *known, item, load, shown, part, watcher);
    };
    return trace ? traced(*trace, item, part, observer, work) : work(observer);
  };
  return task;
}

}  // namespace

void use_expression(UndoRun& run, const std::string& expression,
                    std::vector<std::filesystem::path> files) {
  run.also_reads = std::move(files);
  run.parameters["operator"] = expression;
  run.degradation = [expression](const Item&) { return Degradation{expression, {}}; };
}

ExitCode run_undo(const UndoRun& run) {
  const Restorer restorer(run.task, run.method, run.batch.max_memory);
  auto reads = expression_files(run.method.noise);
  reads.insert(reads.end(), run.also_reads.begin(), run.also_reads.end());
  std::optional<Trace> trace;
  // As a report: of what is resumed the new part.
  if (!run.trace.empty() && !run.batch.dry_run) trace.emplace(run.trace, existing_of(run.batch));
  PictureRun pictures;
  pictures.tool = run.tool;
  pictures.uncertainty = run.method.uncertainty;
  pictures.common.reads = restorer.prior_files();
  if (!run.trace.empty()) pictures.common.writes.emplace_back(run.trace);
  pictures.parameters = restorer.parameters();
  pictures.parameters.update(run.parameters);
  bool framed = false;
  pictures.prepare = [&](Item& item) {
    item.also_reads = reads;
    if (run.prepare) run.prepare(item);
    if (run.frames.empty()) return;
    if (framed) throw usage_error("--frames: the frames of one scene go with one input");
    framed = true;
    const auto expected = branches_of(run.degradation(item).expression);
    if (const std::size_t given = 1 + run.frames.size(); given != expected)
      throw usage_error("{} frames (the input and --frames) for an operator of {}", given,
                        expected == 0 ? "no [ ; ]" : fmt::format("{} branches", expected));
    item.also_reads.insert(item.also_reads.begin(), run.frames.begin(), run.frames.end());
  };
  pictures.task = [&](const Item& item) {
    return task_of(run, restorer, item, trace ? &*trace : nullptr);
  };
  pictures.describe = [&](const Json& record) {
    return describe_restored(record, run.batch.verbose);
  };
  const auto code = run_pictures(run.batch, pictures);
  if (trace) trace->write(run.tool, pictures.parameters);
  return code;
}

}  // namespace restore
