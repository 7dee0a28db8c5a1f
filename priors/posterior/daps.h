// Zhang, Chu, Berner, Meng, Anandkumar, Song 2024, "Improving Diffusion Inverse Problem Solving
// with Decoupled Noise Annealing", https://arxiv.org/abs/2407.01521, algorithm 1
//
//   x0_hat = the probability flow from x_t, a few Euler steps
//   x0 ~ N(x0_hat, r_t^2 I) p(y | x0),  r_t = sigma_t s / sqrt(s^2 + sigma_t^2)
//   x_s = x0 + sigma_s z
//
// r_t is the paper's sigma_t for large s, and right for a white prior of standard deviation s (as
// in pigdm.h). p(x0 | x_t) is not white otherwise: biased, also for a Gaussian prior. What is drawn
// too wide stays in the picture where the data say nothing: the next call of D is told sigma_s
// alone. The paper's short Langevin runs from x0_hat hide that; here they stay for operators that
// are not linear. Its code takes sigma_y = 0.01 whatever the noise is, the paper and this file the
// noise.
#pragma once

#include "priors/posterior/likelihood_draw.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct DapsOptions : SamplingOptions, LikelihoodDrawOptions {
  int ode_steps = 5;  // of the probability flow, a denoiser call each
  double s = 1000;    // standard deviation of what a state leaves open, [0,1]
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
