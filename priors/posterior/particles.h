// Sequential Monte Carlo: a weighted cloud, resampled where its weights grow uneven.
// Chopin, Papaspiliopoulos 2020, "An Introduction to Sequential Monte Carlo",
// https://doi.org/10.1007/978-3-030-47845-2
#pragma once

#include <torch/types.h>

#include "librestore/model/method.h"

namespace restore {

struct Cloud {
  torch::Tensor x;            // particles x input_shape
  torch::Tensor log_weights;  // particles, float64
  // log p(y), unbiased as p(y); mcgdiff's is of what it observes: not of y outside A's range, nor
  // of s x where s sigma_max <= sigma_y.
  double log_evidence = 0;
  double smallest_ess = 1;  // the worst effective sample size on the way, a share of the particles
  Summary summary;
};

// 1 / sum w_i^2 of the normalised weights.
double effective_sample_size(const torch::Tensor& log_weights);

// log 1/N sum exp(l_i).
double log_mean_exp(const torch::Tensor& l);

// Ancestors of the next generation: particles, int64. Multinomial: independent draws; systematic:
// one uniform number for all, less noise.
torch::Tensor resample_multinomial(const torch::Tensor& log_weights, Rng& rng);
torch::Tensor resample_systematic(const torch::Tensor& log_weights, Rng& rng);

// A method that makes one cloud an item and draws its samples from that. Every item sees the same
// random numbers, and sample k does not depend on their count. The summary's message tells
// effective sample size and evidence.
class ParticleMethod : public Method {
 public:
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const final;
  // y: batch 1.
  virtual Cloud cloud(const Measurement& item, const Denoiser& prior, Rng& rng,
                      Observer* observer = nullptr) const = 0;

 protected:
  virtual std::int64_t samples() const = 0;
};

}  // namespace restore
