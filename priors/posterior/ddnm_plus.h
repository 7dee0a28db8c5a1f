// Wang, Yu, Zhang 2023, "Zero-Shot Image Restoration Using Denoising Diffusion Null-Space Model",
// https://arxiv.org/abs/2212.00490, section 3.3: DDNM for noisy measurements
//
// The reverse step is x_s = a x0_hat + kept x_t + sqrt(v) z with v its fresh variance. In the basis
// of A = U diag(s) V^T, with ybar = U^T y / s, for each coefficient:
//   x0_hat <- x0_hat + lambda (ybar - x0_hat),  lambda = min(1, sqrt(v) s / (a sigma_y))
//   v      <- v - (a lambda sigma_y / s)^2, so that the noise of y takes the place of fresh noise
// Where there is none, with eta = 0, it has no place: a usage error.
//
// The prior is not asked how sure it is, so that even for a Gaussian prior the samples are biased.
//
// In a direction with a small s the noise of y is all of the state's, the same at every step, and
// does not average out as fresh noise would: singular values below `smallest` are taken for zero,
// which is ours, not the paper's.
#pragma once

#include "librestore/model/spectral_operator.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct DdnmPlusOptions : SamplingOptions {
  double smallest = 0.03;  // singular value that counts
};

class DdnmPlus : public Method {
 public:
  using Options = DdnmPlusOptions;
  static const Parameters<Options>& parameters();
  explicit DdnmPlus(const Options& options = {}) : options_(options) {}

  bool takes(const Operator& A) const override { return is_spectral(A); }
  // Needs a spectral operator.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
