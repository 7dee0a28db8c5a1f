// Mardani, Song, Kautz, Vahdat 2023, "A Variational Perspective on Solving Inverse Problems with
// Diffusion Models", https://arxiv.org/abs/2305.04391, algorithm 1
//
// Fits a point mu to the posterior: one step of Adam (Kingma, Ba 2015) a noise level on
//   1/2 ||y - A(mu)||^2 + lambda w_t <eps_hat - eps, mu>,   x_t = mu + sigma_t eps,   w_t = sigma_t
// whose gradient is A'^T (A(mu) - y) + lambda (mu - D(x_t, sigma_t)). A mode, not a sample: K of
// them differ by their noise alone.
#pragma once

#include "priors/posterior/sampling.h"

namespace restore {

struct RedDiffOptions : SamplingOptions {
  RedDiffOptions() { steps = 100; }
  double lambda = 0.25;         // weight of the prior
  double learning_rate = 0.05;  // Adam's, [0,1]; the paper's 0.1 on pixels in [-1,1]
};

class RedDiff : public Method {
 public:
  using Options = RedDiffOptions;
  static const Parameters<Options>& parameters();
  explicit RedDiff(const Options& options = {}) : options_(options) {}

  // Any operator, any prior.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
