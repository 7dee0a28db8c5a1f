// Zhang, Chu, Berner, Meng, Anandkumar, Song 2024, "Improving Diffusion Inverse Problem Solving with
// Decoupled Noise Annealing", https://arxiv.org/abs/2407.01521, algorithm 1
//
//   x0_hat = the probability flow from x_t, a few Euler steps
//   x0 ~ N(x0_hat, r_t^2 I) p(y | x0),  r_t = sigma_t
//   x_s = x0 + sigma_s z
//
// p(x0 | x_t) is not N(x0_hat, sigma_t^2 I): biased, also for a Gaussian prior. The paper's Langevin
// steps stay for operators that are not linear; its code takes sigma_y = 0.01 whatever the noise is, the
// paper and this file the noise.
#pragma once

#include "priors/posterior/likelihood_draw.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct DapsOptions : SamplingOptions, LangevinOptions {
  int ode_steps = 5;  // of the probability flow, a denoiser call each
};

class Daps : public Method {
 public:
  using Options = DapsOptions;
  static const Parameters<Options>& parameters();
  explicit Daps(const Options& options = {}) : options_(options) {}

  // Any operator, any prior.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
