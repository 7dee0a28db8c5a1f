// Rozet, Andry, Lanusse, Louppe 2024, "Learning Diffusion Priors from Observations by Expectation
// Maximization", https://arxiv.org/abs/2405.13712 (moment matching posterior sampling); the same
// covariance by Hutchinson's estimate is in Peng et al. 2024, "Improving Diffusion Models for
// Inverse Problems Using Optimal Posterior Covariance", https://arxiv.org/abs/2402.02149
//
//   p(x0 | x_t) ~ N(D, C),   C = sigma_t^2 J,   J the Jacobian of D (Tweedie)
//   p(y | x_t)  ~ N(A D, A C A^T + sigma_y^2 I), its matrix inverted by conjugate gradients
//
// Exact for every Gaussian prior when CG runs to its end.
#pragma once

#include "priors/posterior/posterior_denoiser.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct MmpsOptions : SamplingOptions {
  int cg = 3;  // CG iterations, a vjp each
};

class Mmps : public PosteriorDenoiser {
 public:
  using Options = MmpsOptions;
  static constexpr bool kPullbacks = true;
  static constexpr const char* kName = "mmps";
  static const Parameters<Options>& parameters();

  // Needs a linear operator and an MMSE prior; costs cg + 1 vjp a call.
  Mmps(const Measurement& measurement, const Denoiser& prior, const Options& options);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;

 private:
  const LinearOperator& A_;
  const MmseDenoiser& D_;
  double sigma_y_;
  int cg_;
};

}  // namespace restore
