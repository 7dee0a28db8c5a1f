// What the posterior samplers share: options, noise levels, the reverse step, samples one by one.
//
// States are x_t = x0 + sigma_t n (variance exploding), sigma_0 > sigma_1 > ... > 0. A paper's
// variance-preserving state alpha_t x0 + sqrt(1 - alpha_t^2) n is ours times alpha_t, with
// sigma_t^2 = 1 / alpha_t^2 - 1; on pixels in [-1,1] its sigma_t is twice ours.
#pragma once

#include <functional>
#include <vector>

#include <torch/types.h>

#include "librestore/core/parameters.h"
#include "librestore/model/method.h"

namespace restore {

struct SamplingOptions {
  int samples = 1;
  int steps = 50;         // denoiser calls a sample
  double sigma_max = 10;  // [0,1]
  double sigma_min = 0.01;
  double rho = 7;  // EDM's: higher puts more steps at low noise
  double eta = 1;  // DDIM's: 0 takes no fresh noise, 1 as much as the forward process

  // Of x_s given x_t and x0: the part of sigma_s^2 that is fresh,
  //   eta^2 sigma_s^2 (1 - sigma_s^2 / sigma_t^2).
  // Song, Meng, Ermon 2021, "Denoising Diffusion Implicit Models", https://arxiv.org/abs/2010.02502
  double fresh_variance(double sigma_t, double sigma_s) const;
};

// The shared parameters behind a method's own.
template <typename Options>
Parameters<Options> with_sampling_parameters(Parameters<Options> own);

// sigma_0 = sigma_max ... sigma_{steps-1} = sigma_min, then 0, clamped to the prior's range:
//   sigma_i = (sigma_max^(1/rho) + i / (steps - 1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho
// Karras, Aittala, Aila, Laine 2022, https://arxiv.org/abs/2206.00364, equation 5.
std::vector<double> noise_levels(const SamplingOptions& options, const SigmaRange& range);

// x_s ~ q(x_s | x_t, x0 = x0_hat) with the given fresh variance:
//   x_s = x0_hat + sqrt(sigma_s^2 - v) (x_t - x0_hat) / sigma_t + sqrt(v) z
torch::Tensor reverse_step(const torch::Tensor& x_t, const torch::Tensor& x0_hat, double sigma_t,
                           double sigma_s, double fresh_variance, Rng& rng);

// x_T = initial_estimate(y) + sigma_max n, for n samples of one item.
torch::Tensor initial_state(const Measurement& item, double sigma_max, std::int64_t n, Rng& rng);

// Samples rng.sample() .. + n - 1 of a batch of one.
struct Chunk {
  torch::Tensor samples;  // n x input_shape
  Summary summary;
};
using DrawChunk =
    std::function<Chunk(const Measurement& item, Rng& rng, std::int64_t n, Observer* observer)>;

// One move from noise level sigma_t to sigma_s, and the picture it aims at.
struct Move {
  torch::Tensor x_s, x0_hat;
};
using Step = std::function<Move(const torch::Tensor& x_t, double sigma_t, double sigma_s)>;

// Takes n states from sigmas[0] down to the last level, one step a level and `calls_per_step` denoiser
// calls a step. A run that the observer stops ends with its x0_hat.
Chunk descend(const char* method, const Measurement& item, const std::vector<double>& sigmas,
              torch::Tensor x_T, Observer* observer, const Step& step, int calls_per_step = 1);

// Draws `count` samples of every item, few at a time where pictures are large. Items of a batch share
// their random numbers, so that an item's samples do not depend on the batch it was in. The estimate is
// the samples' mean; samples[k] is N x input_shape.
Result draw_samples(const Measurement& measurement, std::int64_t count, Rng& rng,
                    Observer* observer, const DrawChunk& draw);

// A schedule is its own stop, whatever a step moves: for StepMonitor's tolerance.
constexpr double kFixedSchedule = -1;

template <typename Options>
Parameters<Options> with_sampling_parameters(Parameters<Options> own) {
  own.push_back({{"samples", "", 1, 1e5, "posterior samples; the estimate is their mean"},
                 &Options::samples});
  own.push_back({{"steps", "", 2, 1e5, "noise levels"}, &Options::steps});
  own.push_back({{"sigma_max", "[0,1]", 1e-3, 1e4, "first noise level"}, &Options::sigma_max});
  own.push_back({{"sigma_min", "[0,1]", 1e-6, 10, "last noise level"}, &Options::sigma_min});
  own.push_back({{"rho", "", 1, 100, "higher puts more steps at low noise"}, &Options::rho});
  own.push_back({{"eta", "", 0, 1, "share of fresh noise in a step, 0 for none"}, &Options::eta});
  return own;
}

}  // namespace restore
