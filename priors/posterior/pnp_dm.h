// Wu, Sun, Chen, Zhang, Yue, Bouman 2024, "Principled Probabilistic Imaging using Diffusion Models
// as Plug-and-Play Priors", https://arxiv.org/abs/2405.18782, algorithm 1
//
// Gibbs sampling of p(y | z) exp(-||x - z||^2 / 2 rho^2) p(x), rho annealed:
//   z ~ exp(-||y - A(z)||^2 / 2 sigma_y^2 - ||z - x||^2 / 2 rho^2)
//   x ~ p(x0 | x0 + rho n = z), a reverse diffusion from noise level rho
//
// Exact in the limit of many steps and rho to 0.
#pragma once

#include "priors/posterior/likelihood_draw.h"
#include "priors/posterior/sampling.h"

namespace restore {

// sigma_max and sigma_min are the first and the last rho, clamped to twice the prior's lowest
// level.
struct PnpDmOptions : SamplingOptions, LikelihoodDrawOptions {
  PnpDmOptions() { sigma_min = 0.02; }
  int diffusion_steps = 10;  // of each reverse diffusion, a denoiser call each
};

class PnpDm : public Method {
 public:
  using Options = PnpDmOptions;
  static const Parameters<Options>& parameters();
  explicit PnpDm(const Options& options = {}) : options_(options) {}

  // Any operator, any prior.
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
