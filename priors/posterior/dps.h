// Chung, Kim, McCann, Klasky, Ye 2023, "Diffusion Posterior Sampling for General Noisy Inverse
// Problems", https://arxiv.org/abs/2209.14687, algorithm 1
//
//   x_{t-1} = x'_{t-1} - zeta_t grad_{x_t} ||y - A(x0_hat)||^2,  zeta_t = zeta' / ||y - A(x0_hat)||
//
// with x'_{t-1} the ancestral step. The authors' code takes the gradient of the norm, half of this,
// over the whole batch at once; here every sample has its own norm. The length of the step comes
// from the residual and not from the noise: not exact for any prior.
#pragma once

#include "priors/posterior/sampling.h"

namespace restore {

// x_t to x_s: the reverse step of fresh variance v, then the gradient's, zeta and s as in
// DpsOptions.
Move dps_step(const Measurement& item, const MmseDenoiser& D, const torch::Tensor& x_t,
              double sigma_t, double sigma_s, double v, double zeta, double s, Rng& rng);

struct DpsOptions : SamplingOptions {
  double zeta = 0.5;  // the paper's zeta'; its code's values 0.3 to 1 are twice this one
  double s = 0.5;     // the unit of the paper's pixels, half the range
};

class Dps : public Method {
 public:
  using Options = DpsOptions;
  static const Parameters<Options>& parameters();
  explicit Dps(const Options& options = {}) : options_(options) {}
  PriorUse prior_use() const override { return {.pullbacks = true}; }

  // Needs an MMSE prior; A may be any differentiable map. One vjp a step.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
