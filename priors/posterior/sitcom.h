// Alkhouri, Liang, Huang, Dai, Qu, Ravishankar, Wang 2025, "SITCOM: Step-wise Triple-Consistent
// Diffusion Sampling for Inverse Problems", https://arxiv.org/abs/2410.04479, algorithm 1
//
//   v = argmin ||A(D(v, sigma_t)) - y||^2 + lambda ||v - x_t||^2,
//       some steps of Adam (Kingma, Ba 2015) from x_t
//   x_s = D(v, sigma_t) + sigma_s z
//
// The picture moves only by way of the denoiser's input, so that it stays one the prior can make.
// Adam stops where the residual is that of the noise. lambda and Adam's rate count in the paper's
// state, ours times 1 / (s sqrt(1 + sigma_t^2 / s^2)). Not exact for any prior.
#pragma once

#include "priors/posterior/sampling.h"

namespace restore {

struct SitcomOptions : SamplingOptions {
  SitcomOptions() { steps = 20; }
  int iterations = 20;          // of Adam a level, a denoiser call and vjp each
  double learning_rate = 0.01;  // Adam's, in the paper's state
  double lambda = 0;            // weight of staying near x_t
  double s = 0.5;               // the unit of the paper's pixels, half the range
};

// v from x_t (n x input_shape).
struct SitcomInput {
  torch::Tensor v;
  int calls = 0;  // of D, on all states together
};
SitcomInput sitcom_input(const Measurement& item, const MmseDenoiser& D, const torch::Tensor& x_t,
                         double sigma_t, const SitcomOptions& options);

class Sitcom : public Method {
 public:
  using Options = SitcomOptions;
  static const Parameters<Options>& parameters();
  explicit Sitcom(const Options& options = {}) : options_(options) {}
  PriorUse prior_use() const override { return {.pullbacks = true}; }

  // Any operator; needs an MMSE prior.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
