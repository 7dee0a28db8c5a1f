// Wang, Yu, Zhang 2023, "Zero-Shot Image Restoration Using Denoising Diffusion Null-Space Model",
// https://arxiv.org/abs/2212.00490, equation 13
//
//   x0_hat <- D - A^+ (A D - y)
//
// The range of A^+ is replaced by the data, noise included: for noiseless measurements.
#pragma once

#include "priors/posterior/posterior_denoiser.h"
#include "priors/posterior/sampling.h"

namespace restore {

class Ddnm : public PosteriorDenoiser {
 public:
  using Options = SamplingOptions;
  static constexpr bool kPullbacks = false;
  static constexpr const char* kName = "ddnm";
  static const Parameters<Options>& parameters();

  // Needs a linear operator.
  Ddnm(const Measurement& measurement, const Denoiser& prior, const Options& options);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;

 private:
  const LinearOperator& A_;
  const Denoiser& D_;
};

}  // namespace restore
