// Song, Vahdat, Mardani, Kautz 2023, "Pseudoinverse-Guided Diffusion Models for Inverse Problems",
// https://openreview.net/forum?id=9_gsMA8MRKQ
//
//   p(x0 | x_t) ~ N(D, r_t^2 I),   r_t^2 = sigma_t^2 s^2 / (s^2 + sigma_t^2)
//   p(y | x_t)  ~ N(A D, r_t^2 A A^T + sigma_y^2 I)
//
// Exact for a prior N(m, s^2 I). The paper has s = 1 on pixels in [-1,1], hence 1/2 here. Its
// algorithm weighs the gradient by r_t^2 alone; this is the posterior score of its section 3, which
// keeps the Gaussian case exact for any sampler.
#pragma once

#include "priors/posterior/posterior_denoiser.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct PigdmOptions : SamplingOptions {
  double s = 0.5;  // standard deviation of the prior, [0,1]
};

class Pigdm : public PosteriorDenoiser {
 public:
  using Options = PigdmOptions;
  static constexpr bool kPullbacks = true;
  static constexpr const char* kName = "pigdm";
  static const Parameters<Options>& parameters();

  // Needs a linear operator and an MMSE prior; costs one vjp a call.
  Pigdm(const Measurement& measurement, const Denoiser& prior, const Options& options);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;

 private:
  const LinearOperator& A_;
  const MmseDenoiser& D_;
  double sigma_y_, s_;
};

}  // namespace restore
