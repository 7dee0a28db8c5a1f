// Zhu, Zhang, Liang, Cao, Wen, Timofte, Van Gool 2023, "Denoising Diffusion Models for
// Plug-and-Play Image Restoration", https://arxiv.org/abs/2305.08995
//
//   x0_hat <- argmin_x ||y - A x||^2 + rho_t ||x - D(x_t, sigma_t)||^2,
//   rho_t = lambda sigma_y^2 / sigma_t^2
//
// Half-quadratic splitting's data step inside a diffusion: no gradient of the prior is needed. The
// paper takes x0 given x_t to be N(D, sigma_t^2 / lambda I), wider than it is, so that even for a
// Gaussian prior the samples are biased towards the data.
//
// The paper takes zeta of a step's noise afresh, whatever the step's length; here it is eta's
// share, as in every sampler of this folder.
#pragma once

#include "priors/posterior/posterior_denoiser.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct DiffpirOptions : SamplingOptions {
  double lambda = 1;  // weight of the prior; the paper uses 1 to 35 by task
};

class Diffpir : public PosteriorDenoiser {
 public:
  using Options = DiffpirOptions;
  static constexpr bool kPullbacks = false;
  static constexpr const char* kName = "diffpir";
  static const Parameters<Options>& parameters();

  // Any operator, any prior.
  Diffpir(const Measurement& measurement, const Denoiser& prior, const Options& options);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;

 private:
  const Operator& A_;
  const Denoiser& D_;
  double sigma_y_, lambda_;
};

}  // namespace restore
