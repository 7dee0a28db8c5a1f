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
#include "priors/diffusion/reverse_step.h"

namespace restore {

struct SamplingOptions {
  int samples = 1;
  int steps = 50;         // noise levels, of one denoiser call or as many as a method says
  double sigma_max = 10;  // [0,1]
  double sigma_min = 0.01;
  double rho = 7;  // EDM's: higher puts more steps at low noise
  double eta = 1;  // DDIM's: 0 takes no fresh noise, 1 as much as the forward process

  double fresh_variance(double sigma_t, double sigma_s) const {
    return restore::fresh_variance(eta, sigma_t, sigma_s);
  }
};

// Whether a method can do without the fresh noise of its steps: eta = 0.
enum class FreshNoise { optional, needed };

// Usage error where eta is 0, for methods that need it.
void require_fresh_noise(const SamplingOptions& options, const char* method);

// The shared parameters behind a method's own.
template <typename Options>
Parameters<Options> with_sampling_parameters(Parameters<Options> own,
                                             FreshNoise fresh = FreshNoise::optional);

// EDM's levels (priors/diffusion/schedule.h) from sigma_max to sigma_min and then 0, clamped to the
// prior's range. Usage error when sigma_min is not below sigma_max then.
std::vector<double> noise_levels(const SamplingOptions& options, const SigmaRange& range);

// x_T = initial_estimate(y) + sigma_max n, for n samples of one item.
torch::Tensor initial_state(const Measurement& item, double sigma_max, std::int64_t n, Rng& rng);

// Samples rng.sample() .. + n - 1 of a batch of one.
struct Chunk {
  torch::Tensor samples;  // n x input_shape
  Summary summary;
};
using DrawChunk =
    std::function<Chunk(const Measurement& item, Rng& rng, std::int64_t n, Observer* observer)>;

// One move from noise level sigma_t to sigma_s, the picture it aims at, and how often it called the
// denoiser on the states.
struct Move {
  torch::Tensor x_s, x0_hat;
  int calls = 1;
};
using Step = std::function<Move(const torch::Tensor& x_t, double sigma_t, double sigma_s)>;

// Takes n states from sigmas[0] down to the last level, one step a level. A run that the observer
// stops ends with its x0_hat. The summary's denoiser calls are those of all moves.
Chunk descend(const char* method, const Measurement& item, const std::vector<double>& sigmas,
              torch::Tensor x_T, Observer* observer, const Step& step);

// How many of `count` samples of a scene are drawn together: few where pictures are large.
std::int64_t samples_at_once(std::int64_t count, const Shape& scene);

// Draws `count` samples of every item, samples_at_once at a time. Items of a batch share
// their random numbers, so that an item's samples do not depend on the batch it was in. The
// estimate is the samples' mean; samples[k] is N x input_shape.
Result draw_samples(const Measurement& measurement, std::int64_t count, Rng& rng,
                    Observer* observer, const DrawChunk& draw);

template <typename Options>
Parameters<Options> with_sampling_parameters(Parameters<Options> own, FreshNoise fresh) {
  own.push_back({{"samples", "", 1, 1e5, "posterior samples; the estimate is their mean"},
                 &Options::samples});
  own.push_back({{"steps", "", 2, 1e5, "noise levels"}, &Options::steps});
  own.push_back({{"sigma_max", "[0,1]", 1e-3, 1e4, "first noise level"}, &Options::sigma_max});
  own.push_back({{"sigma_min", "[0,1]", 1e-6, 10, "last noise level"}, &Options::sigma_min});
  own.push_back({{"rho", "", 1, 100, "higher puts more steps at low noise"}, &Options::rho});
  if (fresh == FreshNoise::needed)
    own.push_back({{"eta", "", 1e-3, 1, "share of fresh noise in a step"}, &Options::eta});
  else
    own.push_back({{"eta", "", 0, 1, "share of fresh noise in a step, 0 for none"}, &Options::eta});
  return own;
}

}  // namespace restore
