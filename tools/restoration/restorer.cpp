#include "tools/restoration/restorer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/parameters.h"
#include "librestore/model/threads.h"
#include "librestore/run/file_hash.h"
#include "librestore/tile/tiled_denoiser.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/whitened.h"
#include "priors/factory.h"
#include "priors/patch/self.h"
#include "priors/posterior/sampling.h"
#include "tools/restoration/methods.h"

namespace restore {
namespace {

// Needs no more than a linear operator, and samples that come near the posterior's
// (docs/posterior.md).
constexpr const char* kDefaultSampler = "pigdm";
// The same at twice the time; its spread holds the error (docs/methods.md).
constexpr const char* kInpaintingSampler = "mmps";
// Needs no more than a vjp.
constexpr const char* kNonlinearSampler = "diffpir";

constexpr std::int64_t kLeastTile = 64;  // px; below, nearly all work would be the halo's
// Copies of the scene that a solver, its operator and the picture's way through the tool hold, and
// that each sample and each particle adds: measured, docs/scaling.md.
constexpr double kSolverPlanes = 14, kPlanesPerSample = 3, kPlanesPerParticle = 6;

// The share of the memory that one call of the prior may have. Tiles that a gradient goes back
// through are small for their halo: they get more.
double share_of_prior(const PriorUse& use) { return use.pullbacks ? 0.5 : 0.25; }

// What one call of the prior needs a pixel.
double bytes_per_pixel(const Denoiser& prior, const PriorUse& use) {
  const auto* mmse = dynamic_cast<const MmseDenoiser*>(&prior);
  return use.pullbacks && mmse ? mmse->pullback_bytes_per_pixel() : prior.bytes_per_pixel();
}

// What is averaged needs fewer steps than what is looked at (docs/methods.md).
Quality quality_of(const MethodOptions& options) {
  const auto quality = parse_quality(options.quality);
  const bool several = options.samples ? *options.samples > 1 : !options.uncertainty.empty();
  return several && quality == Quality::balanced ? Quality::fast : quality;
}

// No normal value of a gigapixel lies further from its mean, in standard deviations.
constexpr double kNoiseReach = 6;

// Priors are made for [0,1]; for a linear A dividing x, y and sigma alike changes nothing else. A
// measurement that ends above white only by its noise is not divided: its scene ends there.
double scale_of(const Circumstances& now, const Operator& A) {
  if (!dynamic_cast<const LinearOperator*>(&A)) return 1;
  return std::max(1.0, now.range - kNoiseReach * now.noise->sigma());
}

torch::Tensor scaled(const torch::Tensor& x, double factor) { return factor == 1 ? x : x * factor; }

// --tile: 0, or the side in pixels; of `auto` such that a tile has no more than this many pixels
// with its halo.
std::int64_t tile_side(const std::string& text, const Denoiser& prior, double pixels) {
  if (text == "auto") {
    if (!prior.receptive_field()) return 0;
    const auto window = static_cast<std::int64_t>(std::sqrt(pixels));
    return std::max<std::int64_t>(window - 2 * *prior.receptive_field(), kLeastTile);
  }
  const double side = parse_number(text, "--tile");
  if (!(side >= 0 && side <= 1e9 && side == std::floor(side)))
    throw usage_error("--tile {}: auto, a side in whole pixels, or 0 for none", text);
  return static_cast<std::int64_t>(side);
}

// An estimate this many times the range of what was measured explains nothing.
constexpr double kFarthest = 100;

// `range`: of the picture, as the method saw it.
void check_estimate(const Result& result, double range) {
  const auto& [estimate, samples, summary] = result;
  if (!summary.usable())
    throw item_error(
        "the method did not work out: {}; other --param values or another --method may",
        summary.message);
  const double smallest = estimate.min().item<double>(), largest = estimate.max().item<double>();
  if (!std::isfinite(smallest) || !std::isfinite(largest))
    throw item_error("the result is not a picture (NaN or infinite); another --method may work");
  if (std::max(-smallest, largest) > kFarthest * range)
    throw item_error(
        "the result is not a picture (values to {:.3g}); other --param values or another --method "
        "may work",
        std::max(-smallest, largest));
}

// A band of rows at a time: there is no second copy of all samples.
torch::Tensor deviation_of(const std::vector<torch::Tensor>& samples) {
  constexpr std::int64_t kRows = 64;
  const auto height = samples.front().size(2);
  std::vector<torch::Tensor> bands;
  for (std::int64_t y0 = 0; y0 < height; y0 += kRows) {
    std::vector<torch::Tensor> rows;
    for (const auto& x : samples) rows.push_back(x.narrow(2, y0, std::min(kRows, height - y0)));
    bands.push_back(torch::stack(rows).std(0));
  }
  return torch::cat(bands, 2);
}

}  // namespace

std::string hash_of_prior(const std::string& prior) {
  const auto files = prior_files(prior);
  return files.empty() ? "" : hash_files(files);
}

Restorer::Restorer(Task task, const MethodOptions& options, std::int64_t memory)
    : noise_(options.noise), seed_(options.seed) {
  const auto prior = options.prior.empty() ? default_prior_name() : options.prior;
  if (options.prior.empty() && prior != "natural")
    substitute_ = fmt::format("prior {} for want of natural.safetensors", prior);
  const bool any = options.method.empty() && options.wants_samples();
  // One call of the denoiser undoes white noise alone.
  if (task == Task::denoise && !noise_.is_white()) task = Task::general;
  const auto sampler = task == Task::inpaint ? kInpaintingSampler
                       : is_linear(task)     ? kDefaultSampler
                                             : kNonlinearSampler;
  const auto quality = quality_of(options);
  auto preset = find_preset(task, prior, options.method, quality);
  if (any && !sampler_kind(preset.method)) preset = find_preset(task, prior, sampler, quality);
  auto& [method, parameters] = preset;
  draws_ = sampler_kind(method).has_value();
  if (options.wants_samples() && !draws_)
    throw usage_error(
        "--samples, --estimate, --uncertainty: {} draws no samples; see --list-methods", method);
  one_sample_ = options.estimate == "sample";
  wants_deviation_ = !options.uncertainty.empty();
  for (const auto& [name, value] : parameter_values(options, draws_)) parameters[name] = value;
  if (draws_) parameters.try_emplace("samples", "1");
  method_ = find_method(method).make(parameters);
  // In its range, or the method would have refused it.
  if (draws_) samples_ = static_cast<std::int64_t>(parse_number(parameters["samples"], "samples"));
  if (wants_deviation_ && samples_ < 2)
    throw usage_error("--uncertainty: one sample has no spread; --samples takes 2 or more");
  prior_ = make_prior(prior);
  prior_files_ = restore::prior_files(prior);
  if (wants_deviation_) deviation_scale_ = prior_->deviation_scale(method);
  const auto use = method_->prior_use();
  const double bytes = share_of_prior(use) * static_cast<double>(memory);
  tile_ = tile_side(options.tile, *prior_, bytes / bytes_per_pixel(*prior_, use));
  if (tile_ > 0) prior_ = tiled(prior_, tile_);
  parameters_ = {{"method", method},
                 {"parameters", parameters},
                 {"prior", prior},
                 {"noise", options.noise},
                 {"seed", options.seed},
                 {"prior_hash", hash_of_prior(prior)},
                 {"estimate", options.estimate},
                 {"uncertainty", wants_deviation_},
                 {"version", RESTORE_VERSION}};
  if (wants_deviation_) parameters_["deviation_scale"] = deviation_scale_;
}

double Restorer::bytes_for(const Shape& scene) const {
  const auto pixels = static_cast<double>(scene.pixels());
  const auto use = method_->prior_use();
  const auto states = static_cast<double>(use.states);
  const auto samples = samples_ > 0 ? samples_at_once(samples_, scene) : 1;
  double evaluated = std::max(states, static_cast<double>(samples)) * pixels;
  if (tile_ > 0) {
    const double window = static_cast<double>(tile_) + 2.0 * *prior_->receptive_field();
    evaluated = std::min(evaluated, window * window);
  }
  const double state = kSolverPlanes + static_cast<double>(use.kept) +
                       kPlanesPerSample * static_cast<double>(samples_) +
                       kPlanesPerParticle * (states - 1);
  return evaluated * bytes_per_pixel(*prior_, use) +
         pixels * static_cast<double>(scene.channels) * sizeof(float) * state;
}

Measurement Restorer::white(const Measurement& given, const Circumstances& now,
                            std::string& remark) const {
  if (given.noise->is_white()) return given;
  const auto W = whitening_of(given);
  const bool levelled = now.level && !W.is_identity();
  auto measurement = whitened(
      given, levelled ? Whitening{*now.level, W.gain * (*now.level / W.sigma), W.stationary} : W);
  if (method_->takes(*measurement.A) || !method_->takes(*given.A)) return measurement;
  const auto method = parameters_.at("method").get<std::string>();
  // The worst noise of the whole picture is not known here.
  if (now.level)
    throw item_error(
        "{} needs more noise added to noise of this kind, which is not computed in parts; raise "
        "--max-memory, or take another --method",
        method);
  // Another stream than the method's.
  auto rng = Rng(~seed_, now.image).at(now.y0, now.x0);
  measurement = filled_to_white(given, W, rng);
  remark = fmt::format(
      "{} asks for white noise: some was added, to sigma {:.3g} (hqs and pigdm need none)", method,
      measurement.sigma_y());
  return measurement;
}

Restored Restorer::restore(const torch::Tensor& y, const std::shared_ptr<const Operator>& A,
                           const Circumstances& now, Observer& observer) const {
  const TorchThreadLimit threads(A->input_shape().pixels());
  const double scale = scale_of(now, *A);
  const Measurement given{y, A, now.noise};
  std::string remark;
  const auto white = this->white(given, now, remark);
  const Measurement measurement{scaled(white.y, 1 / scale), white.A,
                                std::make_shared<GaussianNoise>(white.sigma_y() / scale)};
  // Not the numbers that restore-degrade has drawn for the noise of y, whose seed is as often 0.
  auto rng = Rng(seed_, ~now.image).at(now.y0, now.x0);
  const auto prior = dynamic_cast<const SelfPrior*>(prior_.get()) ? SelfPrior::of(given) : prior_;
  observer.begin(measurement);
  auto result = method_->run(measurement, *prior, rng, &observer);
  if (one_sample_) result.estimate = result.samples.front();
  // By the noise where the estimate is, not where a pilot was.
  if (result.summary.usable())
    result.summary.data_residual =
        residual_in_sigmas(given, scaled(result.estimate, scale), scale * kSigmaFloor);
  check_estimate(result, now.range / scale);
  torch::Tensor deviation;
  if (wants_deviation_) deviation = deviation_of(result.samples) * (scale * deviation_scale_);
  const auto shape = A->input_shape();
  for (const auto& of_prior : {prior->remark(shape.height, shape.width), substitute_})
    if (!of_prior.empty()) remark += (remark.empty() ? "" : ", ") + of_prior;
  return {scaled(result.estimate, scale), deviation, std::move(result.summary), remark};
}

}  // namespace restore
