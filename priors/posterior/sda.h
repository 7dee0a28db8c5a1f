// Rozet, Louppe 2023, "Score-based Data Assimilation", https://arxiv.org/abs/2306.10574
//
//   p(y | x_t) ~ N(A(D), (sigma_y^2 + gamma sigma_t^2) I)
//
// The paper's sigma_t / mu_t is our sigma_t. A may be any differentiable map.
#pragma once

#include "priors/posterior/posterior_denoiser.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct SdaOptions : SamplingOptions {
  double gamma = 1e-2;  // the variance of A x0 given x_t, in units of sigma_t^2
};

class Sda : public PosteriorDenoiser {
 public:
  using Options = SdaOptions;
  static constexpr bool kPullbacks = true;
  static constexpr const char* kName = "sda";
  static const Parameters<Options>& parameters();

  // Needs an MMSE prior; costs one vjp a call.
  Sda(const Measurement& measurement, const Denoiser& prior, const Options& options);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;

 private:
  const Operator& A_;
  const MmseDenoiser& D_;
  double sigma_y_, gamma_;
};

}  // namespace restore
