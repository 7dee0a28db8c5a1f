#include "tools/common/undo.h"

#include <algorithm>
#include <cctype>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"
#include "librestore/metric/psnr.h"
#include "operators/factory.h"
#include "tools/common/frame.h"

namespace restore {
namespace {

std::shared_ptr<const Operator> build(const Degradation& degradation, const Shape& measured) {
  if (!degradation.scene)
    return build_operator(degradation.expression, {measured, true}, degradation.base);
  auto A = build_operator(degradation.expression, {*degradation.scene, false}, degradation.base);
  if (A->output_shape() != measured)
    throw item_error("the picture is {}, but its job says {} (channels x height x width)",
                     measured.to_string(), A->output_shape().to_string());
  return A;
}

// Rounding to 8 bits is noise of this standard deviation (a uniform error of one step), and what is
// solved with less amplifies it. Finer samples carry their data as good as exactly.
constexpr double kRounding = 1 / (255 * 3.4641016151377544);  // sqrt(12)
// An estimate of the noise is not taken for less than this. Compression is noise that an estimate from
// fine detail does not see: measured on blurred pictures at JPEG quality 90.
constexpr double kLeastEstimate = 0.5 / 255, kLeastEstimateLossy = 2.0 / 255;

bool is_lossy(const std::filesystem::path& file) {
  auto extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".webp";
}

double noise_of(const Restorer& restorer, const Degradation& degradation, const Item& item,
                const Image& picture) {
  const bool coarse = picture.sample_type == SampleType::uint8;
  const double least = !coarse ? 0 : is_lossy(item.input) ? kLeastEstimateLossy : kLeastEstimate;
  const double sigma =
      degradation.sigma ? *degradation.sigma : restorer.sigma_of(picture.colour, least);
  return coarse ? std::max(sigma, kRounding) : sigma;
}

void add_psnr(Json& record, const Degradation& degradation, const torch::Tensor& estimate) {
  if (degradation.reference.empty() || !std::filesystem::exists(degradation.reference)) return;
  const auto reference = load_image(degradation.reference).colour;
  if (reference.sizes() == estimate.sizes()) record["psnr"] = psnr(reference, estimate.clamp(0, 1));
}

Outcome undo(const Restorer& restorer, const Degradation& degradation, const Item& item,
             const Image& picture, Observer& observer) {
  const auto A = build(degradation, shape_of(picture.colour));
  const double sigma = noise_of(restorer, degradation, item, picture);
  auto restored = restorer.restore(picture.colour, A, sigma, image_key(item), observer);
  auto record = record_of(restored.summary, sigma);
  add_psnr(record, degradation, restored.estimate);

  Image result = picture;
  if (degradation.scene) {
    result.colour = restored.estimate;
    result.alpha = resize_alpha(picture.alpha, result.height(), result.width());
  } else {
    const auto seen = seen_by(*A);
    result.colour = cut(restored.estimate, seen);
    result.alpha = restored_alpha(picture.alpha, *A);
    if (restored.deviation.defined()) restored.deviation = cut(restored.deviation, seen);
  }
  return {std::move(result), std::move(record), std::move(restored.deviation)};
}

}  // namespace

ExitCode run_undo(const UndoRun& run) {
  const Restorer restorer(run.task, run.method);
  PictureRun pictures;
  pictures.tool = run.tool;
  pictures.uncertainty = run.method.uncertainty;
  pictures.parameters = restorer.parameters();
  pictures.parameters.update(run.parameters);
  pictures.prepare = [&](Item& item) {
    item.also_reads = run.also_reads;
    if (run.prepare) run.prepare(item);
  };
  pictures.work = [&](const Item& item, const Image& picture, Observer& observer) {
    return undo(restorer, run.degradation(item), item, picture, observer);
  };
  pictures.describe = [&](const Json& record) {
    return describe_restored(record, run.batch.verbose);
  };
  return run_pictures(run.batch, pictures);
}

}  // namespace restore
