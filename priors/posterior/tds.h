// Wu, Trippe, Naesseth, Blei, Cunningham 2023, "Practical and Asymptotically Exact Conditional
// Sampling in Diffusion Models" (twisted diffusion sampler), https://arxiv.org/abs/2306.17775
//
//   proposal  x_s ~ N(m(x_t, D( . | y)), v I), the reverse step of the posterior denoiser
//   weight    w = p(x_s | x_t) p~(y | x_s) / (p~(y | x_t) p~(x_s | x_t, y))
//
// and at last p~(y | x_0) = p(y | x_0), so that the target does not depend on the twisting function
// p~: exact in the limit of many particles and steps, for every prior. The twist is
// N(A D, S + sigma_y^2 I) with either
//   S = A C A^T, C = sigma_t^2 J (Tweedie), dense: a vjp for every measured value, at most 64
//   S = r_t^2 A A^T, r_t^2 = sigma_t^2 s^2 / (s^2 + sigma_t^2) (as pigdm), in A's spectrum
// The paper's own has S = 0, with a wider sigma_y for inpainting.
#pragma once

#include "librestore/model/spectral_operator.h"
#include "priors/posterior/particles.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct TdsOptions : SamplingOptions {
  int particles = 16;
  bool optimal = false;  // the dense Tweedie covariance
  double s = 0.5;        // standard deviation of the prior, [0,1]; where not `optimal`
};

class Tds : public ParticleMethod {
 public:
  using Options = TdsOptions;
  static const Parameters<Options>& parameters();
  explicit Tds(const Options& options = {}) : options_(options) {}
  PriorUse prior_use() const override { return {true, options_.particles}; }

  bool takes(const Operator& A) const override { return is_spectral(A); }
  // Needs a spectral operator and an MMSE prior.
  Cloud cloud(const Measurement& item, const Denoiser& prior, Rng& rng,
              Observer* observer = nullptr) const override;

 private:
  std::int64_t samples() const override { return options_.samples; }

  Options options_;
};

}  // namespace restore
