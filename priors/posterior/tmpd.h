// Boys, Girolami, Pidstrigach, Reich, Mosca, Akyildiz 2023, "Tweedie Moment Projected Diffusions
// for Inverse Problems", https://arxiv.org/abs/2310.06721
//
//   p(x0 | x_t) ~ N(D, C),   C = sigma_t^2 J,   J the Jacobian of D (Tweedie)
//   p(y | x_t)  ~ N(A D, diag(A C A^T 1) + sigma_y^2 I)
//
// The row sums stand in for the diagonal of A C A^T: exact for a Gaussian prior where that matrix
// is diagonal, for instance inpainting with independent pixels.
#pragma once

#include "priors/posterior/posterior_denoiser.h"
#include "priors/posterior/sampling.h"

namespace restore {

class Tmpd : public PosteriorDenoiser {
 public:
  using Options = SamplingOptions;
  static constexpr bool kPullbacks = true;
  static constexpr const char* kName = "tmpd";
  static const Parameters<Options>& parameters();

  // Needs a linear operator and an MMSE prior; costs two vjps a call.
  Tmpd(const Measurement& measurement, const Denoiser& prior, const Options& options);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;

 private:
  const LinearOperator& A_;
  const MmseDenoiser& D_;
  double sigma_y_;
};

}  // namespace restore
