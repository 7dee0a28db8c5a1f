// PnP-ULA: the unadjusted Langevin algorithm with a denoiser for a score.
//
// Laumont, De Bortoli, Almansa, Delon, Durmus, Pereyra 2022, "Bayesian imaging using Plug & Play
//   priors: when Langevin meets Tweedie", https://arxiv.org/abs/2103.04715
//
//   x_{k+1} = x_k + delta grad log p(x_k | y) + sqrt(2 delta) z_k
// with the posterior of librestore/solve/langevin.h and delta = 2 step / L. No step is rejected:
// the chain's law is the posterior's up to O(delta), and the prior is the one blurred by sigma.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/langevin.h"

namespace restore {

class Ula : public LangevinMethod {
 public:
  using Options = LangevinOptions;
  static const Parameters<Options>& parameters();
  explicit Ula(const Options& options = {}) : options_(options) {}

  PosteriorMoments moments(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                           Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
