#include "priors/neural/trainer.h"

#include <numbers>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/model/random.h"
#include "librestore/model/threads.h"
#include "priors/neural/fused_kernels.h"
#include "priors/neural/muon.h"
#include "priors/neural/preconditioning.h"

namespace restore {
namespace {

constexpr float kBeta1 = 0.9f, kBeta2 = 0.99f, kAdamEpsilon = 1e-8f;
constexpr double kMuonMomentum = 0.95;
constexpr int kMicroBatchPixels = 16 * 64 * 64;
constexpr double kRestorationMinimum = 0.01, kRestorationMaximum = 1;

double log_uniform(double low, double high, double u) { return low * std::pow(high / low, u); }

// The convolutions that mix channels within blocks and between levels: not stem and head, one side
// of which is pixels.
bool is_matrix(const std::string& name, const torch::Tensor& weights) {
  return weights.dim() == 4 && weights.size(1) > 1 && name != "stem.weight" &&
         name != "head.weight";
}

// D(x, sigma) for sigma of shape N.
torch::Tensor denoise_with(const NetworkConfig& network, const NamedTensors& weights,
                           const torch::Tensor& x, const torch::Tensor& sigma) {
  const Preconditioning c(sigma.view({-1, 1, 1, 1}));
  const auto centred = x - 0.5;
  const auto f = network_forward(network, weights, c.in * centred, c.noise.view({-1}));
  return 0.5 + c.skip * centred + c.out * f;
}

}  // namespace

void BandLoss::add(double sigma, double loss) {
  const auto band = std::upper_bound(kBandEnds.begin(), kBandEnds.end(), sigma) - kBandEnds.begin();
  sum[band] += loss;
  ++count[band];
}

void BandLoss::add(const BandLoss& other) {
  for (std::size_t b = 0; b < kBands; ++b) {
    sum[b] += other.sum[b];
    count[b] += other.count[b];
  }
}

double BandLoss::mean() const {
  double total = 0, number = 0;
  for (std::size_t b = 0; b < kBands; ++b) {
    total += sum[b];
    number += static_cast<double>(count[b]);
  }
  return total / number;
}

double BandLoss::mean(std::size_t band) const {
  return sum[band] / std::max<double>(1, static_cast<double>(count[band]));
}

Trainer::Trainer(const PhotoPool& photos, const TrainOptions& options, TrainingState state)
    : photos_(photos),
      options_(options),
      state_(std::move(state)),
      start_(std::chrono::steady_clock::now()),
      seconds_before_(state_.seconds) {
  if (options_.steps <= 0 && options_.hours <= 0)
    throw usage_error("training needs an end: give a number of steps or of hours");
  if (options_.crop <= 0 || options_.crop % (2 * alignment(state_.network)) != 0)
    throw usage_error("the crop size {} must be a multiple of {}", options_.crop,
                      2 * alignment(state_.network));
}

double Trainer::seconds() const {
  const std::chrono::duration<double> session = std::chrono::steady_clock::now() - start_;
  return seconds_before_ + session.count();
}

const TrainingState& Trainer::state() {
  state_.seconds = seconds();
  return state_;
}

double Trainer::progress() const {
  double used = 0;
  if (options_.steps > 0)
    used = static_cast<double>(state_.step) / static_cast<double>(options_.steps);
  if (options_.hours > 0) used = std::max(used, seconds() / (3600 * options_.hours));
  return used;
}

Trainer::Shape Trainer::shape() const {
  const double used = options_.progressive ? progress() : 0;
  const int crop = used < 0.6    ? options_.crop
                   : used < 0.85 ? options_.crop * 3 / 2
                                 : options_.crop * 2;
  const double items = static_cast<double>(kMicroBatchPixels) / (crop * crop);
  return {crop, std::max(1, static_cast<int>(std::lround(items)))};
}

double Trainer::learning_rate() const {
  const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress())));
  const double warm = std::min(1.0, static_cast<double>(state_.step + 1) / options_.warm_up);
  return options_.learning_rate * warm * (options_.final_rate + (1 - options_.final_rate) * cosine);
}

double Trainer::draw_sigma(double u) const {
  const double share = options_.restoration_share;
  if (u < share) return log_uniform(kRestorationMinimum, kRestorationMaximum, u / share);
  return log_uniform(kSigmaMinimum, kSigmaMaximum, (u - share) / (1 - share));
}

Trainer::Part Trainer::run_micro_batch(const NamedTensors& weights, int index,
                                       const Shape& shape) const {
  const int total = options_.micro_batches * shape.items;
  // The noise levels of a step are spread evenly from one random start.
  const double offset = Rng(state_.seed, state_.step).uniform();
  std::vector<torch::Tensor> clean, noisy;
  std::vector<float> sigmas;
  for (int i = index * shape.items; i < (index + 1) * shape.items; ++i) {
    Rng rng(state_.seed, state_.step, static_cast<std::uint32_t>(i) + 1);
    const PhotoCrop crop = photos_.random_crop(shape.crop, options_.crops, rng);
    const double u = offset + static_cast<double>(i) / total;
    sigmas.push_back(static_cast<float>(draw_sigma(u - std::floor(u))));
    auto noise = randn(rng, {kImageChannels, shape.crop, shape.crop})[0];
    // A picture without colour is one channel seen three times, and so is its noise.
    if (crop.grey) noise = noise.narrow(0, 0, 1).expand_as(crop.pixels);
    clean.push_back(crop.pixels);
    noisy.push_back(crop.pixels + sigmas.back() * noise);
  }
  const auto sigma = torch::tensor(sigmas);
  const auto x0 = torch::stack(clean);
  const auto estimate = denoise_with(state_.network, weights, torch::stack(noisy), sigma);
  // lambda(s) ||D - x0||^2 / pixels, lambda = 1/c_out^2
  const auto losses =
      ((estimate - x0) / Preconditioning(sigma.view({-1, 1, 1, 1})).out).square().mean({1, 2, 3});

  std::vector<torch::Tensor> inputs;
  for (const auto& [name, tensor] : weights) inputs.push_back(tensor);
  const auto gradients = torch::autograd::grad({losses.sum() / total}, inputs);
  Part part;
  std::size_t k = 0;
  for (const auto& [name, tensor] : weights) part.gradient[name] = gradients[k++];
  const auto values = losses.detach();
  for (int i = 0; i < shape.items; ++i) part.loss.add(sigmas[i], values[i].item<double>());
  return part;
}

StepResult Trainer::step() {
  const Shape size = shape();
  auto weights = cast_weights(state_.network, state_.weights, torch::kFloat32,
                              options_.bfloat16 ? torch::kBFloat16 : torch::kFloat32);
  for (auto& [name, tensor] : weights) {
    // Once a step, where each convolution would do it, forwards and backwards.
    if (tensor.dim() == 4) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
    tensor.set_requires_grad(true);
  }
  std::vector<Part> parts(options_.micro_batches);
  const ThreadBudget budget{std::min(options_.threads, options_.micro_batches), 1};
  parallel_items(options_.micro_batches, budget, [&](std::int64_t i) {
    set_torch_threads(1);
    parts[i] = run_micro_batch(weights, static_cast<int>(i), size);
  });

  NamedTensors gradient;
  StepResult result;
  double square = 0;
  for (const auto& [name, tensor] : state_.weights) {
    auto sum = parts[0].gradient[name].to(torch::kFloat32, /*non_blocking=*/false, /*copy=*/true);
    for (std::size_t p = 1; p < parts.size(); ++p) sum.add_(parts[p].gradient[name]);
    // The update walks memory in the order of the weights, whatever layout a pullback chose.
    const auto total = torch::empty_like(tensor).copy_(sum);
    square += std::pow(total.norm().item<double>(), 2);
    gradient[name] = total;
  }
  for (const auto& part : parts) result.loss.add(part.loss);
  result.gradient_norm = std::sqrt(square);
  result.learning_rate = learning_rate();
  result.crops = options_.micro_batches * size.items;
  if (!std::isfinite(result.gradient_norm) || !std::isfinite(result.loss.mean()))
    throw Error(ExitCode::some_failed,
                fmt::format("training diverged at step {}: the loss is not finite; the last "
                            "checkpoint is kept, resume with a lower learning rate",
                            state_.step));
  update(gradient, std::min(1.0, options_.clip / (result.gradient_norm + 1e-12)),
         result.learning_rate);
  return result;
}

void Trainer::update(const NamedTensors& gradient, double shrink, double rate) {
  const auto t = static_cast<double>(++state_.step);
  const double keep = std::min(options_.ema, (1 + t) / (10 + t));
  const kernels::AdamStep step{.beta1 = kBeta1,
                               .beta2 = kBeta2,
                               .epsilon = kAdamEpsilon,
                               .rate = static_cast<float>(rate / (1 - std::pow(kBeta1, t))),
                               .square_scale = static_cast<float>(1 / (1 - std::pow(kBeta2, t))),
                               .gradient_scale = static_cast<float>(shrink),
                               .average_rate = static_cast<float>(1 - keep)};
  const MuonStep matrix_step{.momentum = kMuonMomentum,
                             .rate = rate,
                             .average_rate = 1 - keep,
                             .type = options_.bfloat16 ? torch::kBFloat16 : torch::kFloat32};
  std::vector<std::string> names;
  for (const auto& [name, weights] : state_.weights) names.push_back(name);
  const auto count = static_cast<std::int64_t>(names.size());
  parallel_items(count, divide_threads(options_.threads, count), [&](std::int64_t i) {
    set_torch_threads(1);
    const torch::NoGradGuard no_grad;
    const auto& name = names[i];
    auto& weights = state_.weights.at(name);
    const auto& slope = gradient.at(name);
    auto &mean = state_.mean.at(name), &average = state_.average.at(name);
    if (options_.muon && is_matrix(name, weights)) {
      muon_step(matrix_step, shrink * slope, weights, mean, average);
    } else {
      kernels::adam_step(step, weights.numel(), slope.data_ptr<float>(), weights.data_ptr<float>(),
                         mean.data_ptr<float>(), state_.square.at(name).data_ptr<float>(),
                         average.data_ptr<float>());
    }
  });
}

HeldOutMeasure::HeldOutMeasure(const NetworkConfig& network, const NamedTensors& weights,
                               const torch::Tensor& clean, bool bfloat16)
    : network_(network),
      weights_(cast_weights(network, weights, torch::kFloat32,
                            bfloat16 ? torch::kBFloat16 : torch::kFloat32)),
      clean_(clean) {}

template <class Function>
double HeldOutMeasure::mean(double sigma, Function&& of) const {
  const torch::NoGradGuard no_grad;
  double total = 0;
  for (std::int64_t i = 0; i < clean_.size(0); ++i) {
    const auto x0 = clean_.narrow(0, i, 1);
    Rng rng(0, static_cast<std::uint64_t>(i));
    const auto x = x0 + sigma * randn_like(rng, x0);
    total += of(denoise_with(network_, weights_, x, torch::full({1}, sigma)), x0);
  }
  return total / static_cast<double>(clean_.size(0));
}

double HeldOutMeasure::psnr(double sigma) const {
  return mean(sigma, [](const torch::Tensor& estimate, const torch::Tensor& x0) {
    return -10 * std::log10((estimate.clamp(0, 1) - x0).square().mean().item<double>());
  });
}

BandLoss HeldOutMeasure::loss() const {
  BandLoss loss;
  for (std::size_t b = 0; b < kBands; ++b) {
    const double low = b == 0 ? kSigmaMinimum : kBandEnds[b - 1];
    const double high = b + 1 == kBands ? kSigmaMaximum : kBandEnds[b];
    for (const double u : {0.25, 0.75}) {
      const double sigma = log_uniform(low, high, u);
      const auto c_out = Preconditioning(torch::full({1}, sigma, torch::kFloat64)).out;
      // lambda(s) ||D - x0||^2 / pixels, lambda = 1/c_out^2
      loss.add(sigma, mean(sigma, [&](const torch::Tensor& estimate, const torch::Tensor& x0) {
                 return (estimate - x0).square().mean().item<double>() /
                        c_out.square().item<double>();
               }));
    }
  }
  return loss;
}

}  // namespace restore
