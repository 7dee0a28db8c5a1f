// Jalal, Arvinte, Daras, Price, Dimakis, Tamir 2021, "Robust Compressed Sensing MRI with Deep
// Generative Priors", https://arxiv.org/abs/2108.01368, equation 3: annealed Langevin dynamics on
// the posterior
//
//   x <- x + h (score(x, sigma_t) + J(x)^T (y - A(x)) / (sigma_y^2 + gamma_t^2)) + sqrt(2 h) z
//
// `iterations` times at each noise level, gamma_t = sigma_t and h in units of the largest
// curvature,
//   h = step / (1 / sigma_t^2 + ||A||^2 / (sigma_y^2 + sigma_t^2)).
// After the last level one call of D removes the noise that is left. Exact in the limit of small
// steps, many iterations and a last noise level of 0, without any approximation of p(y | x_t).
#pragma once

#include "priors/posterior/sampling.h"

namespace restore {

struct PosteriorLangevinOptions : SamplingOptions {
  int iterations = 10;  // a level, a denoiser call each
  double step = 0.2;    // 2 and more is unstable
};

class PosteriorLangevin : public Method {
 public:
  using Options = PosteriorLangevinOptions;
  static const Parameters<Options>& parameters();
  explicit PosteriorLangevin(const Options& options = {}) : options_(options) {}

  // Any operator; needs an MMSE prior.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
