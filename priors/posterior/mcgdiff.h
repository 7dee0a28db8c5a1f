// Cardoso, Janati El Idrissi, Le Corff, Moulines 2023, "Monte Carlo guided Diffusion for Bayesian
// linear inverse problems", https://arxiv.org/abs/2308.07983, algorithms 1 and 2
//
// In the basis of A = U diag(s) V^T a measured coefficient is ybar = x0 + tau n, tau = sigma_y / s:
// the state of a diffusion at noise level tau. Particles descend under the potential
//   g_t(x) = N(ybar; x, sigma_t^2 - tau^2 + kappa)   for sigma_t >= tau
// with the proposal p(x_s | x_t) g_s(x_s), normalised (a Kalman update), and the weights
//   w = int p(x_s | x_t) g_s(x_s) dx_s / g_t(x_t),
// and are free below tau. Without fresh noise, with eta = 0, a proposal is one point: a usage
// error. Exact in the limit of many particles and steps, for every prior.
#pragma once

#include "librestore/model/spectral_operator.h"
#include "priors/posterior/particles.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct McgdiffOptions : SamplingOptions {
  int particles = 64;
  double kappa = 1e-6;  // width of the pin at noise level tau, [0,1]^2
};

class Mcgdiff : public ParticleMethod {
 public:
  using Options = McgdiffOptions;
  static const Parameters<Options>& parameters();
  explicit Mcgdiff(const Options& options = {}) : options_(options) {}
  PriorUse prior_use() const override { return {false, options_.particles}; }

  bool takes(const Operator& A) const override { return is_spectral(A); }
  // Needs a spectral operator.
  Cloud cloud(const Measurement& item, const Denoiser& prior, Rng& rng,
              Observer* observer = nullptr) const override;

 private:
  std::int64_t samples() const override { return options_.samples; }

  Options options_;
};

}  // namespace restore
