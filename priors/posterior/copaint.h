// Zhang, Ji, Zhang, Yu, Jaakkola, Chang 2023, "Towards Coherent Image Inpainting Using Denoising
// Diffusion Implicit Models", https://arxiv.org/abs/2304.03322 (CoPaint): before every reverse step
// the state moves, by steps along the gradient, towards where its estimate explains the data,
//
//   argmin_x ||x - x_t||^2 / (2 sigma_t^2) + ||y - A(D(x, sigma_t))||^2 / (2 xi_t^2)
//
// xi_t, the error of the estimate, falls with the noise: xi_t^2 = sigma_y^2 + gamma sigma_t^2. The
// steps are `step` of 1 / (1 / sigma_t^2 + ||A||^2 / xi_t^2). Not exact for any prior.
#pragma once

#include "priors/posterior/sampling.h"

namespace restore {

struct CopaintOptions : SamplingOptions {
  CopaintOptions() { eta = 0; }
  int iterations =
      2;  // steps along the gradient before each reverse step, a denoiser call and vjp each
  double step = 1;     // 2 and more is unstable
  double gamma = 0.1;  // error of the estimate in units of the state's
};

class Copaint : public Method {
 public:
  using Options = CopaintOptions;
  static const Parameters<Options>& parameters();
  explicit Copaint(const Options& options = {}) : options_(options) {}
  PriorUse prior_use() const override { return {.pullbacks = true}; }

  // Any operator; needs an MMSE prior.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
