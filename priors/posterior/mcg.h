// Chung, Sim, Ryu, Ye 2022, "Improving Diffusion Models for Inverse Problems using Manifold
// Constraints", https://arxiv.org/abs/2206.00941, equations 14 and 15
//
//   x'_s = reverse step - alpha grad_{x_t} ||y - A x0_hat||^2,   alpha = alpha' / ||y - A x0_hat||
//   x_s  = (I - P) x'_s + P (A^+ y + sigma_s n),   P = A^+ A
//
// The measured part is replaced by the data at the state's noise level; the gradient moves the rest
// along. Made for data without noise: not exact for any prior.
#pragma once

#include "priors/posterior/sampling.h"

namespace restore {

struct McgOptions : SamplingOptions {
  double alpha = 0.5;  // the paper's alpha', in the units of dps
  double s = 0.5;      // the unit of the paper's pixels, half the range
};

class Mcg : public Method {
 public:
  using Options = McgOptions;
  static const Parameters<Options>& parameters();
  explicit Mcg(const Options& options = {}) : options_(options) {}
  PriorUse prior_use() const override { return {.pullbacks = true}; }

  // Needs a linear operator and an MMSE prior; one vjp a step.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
