// SK-ROCK: an explicit stabilised Langevin step of s stages, about s^2 times as long as ULA's.
//
// Pereyra, Vargas Mieles, Zygalakis 2020, "Accelerating proximal Markov chain Monte Carlo by using
//   an explicit stabilized method", https://arxiv.org/abs/1905.06386 (algorithm 3.1)
//
//   Q   = sqrt(2 delta) z
//   K_0 = x_k
//   K_1 = x_k + mu_1 delta grad(x_k + nu_1 Q) + kappa_1 Q
//   K_j = mu_j delta grad(K_{j-1}) + nu_j K_{j-1} + kappa_j K_{j-2},  j = 2..s;   x_{k+1} = K_s
// with grad = grad log p(. | y) of librestore/solve/langevin.h, T_j the Chebyshev polynomials,
//   omega_0 = 1 + eta / s^2, omega_1 = T_s(omega_0) / T_s'(omega_0), mu_1 = omega_1 / omega_0,
//   nu_1 = s omega_1 / 2, kappa_1 = s omega_1 / omega_0,
//   mu_j = 2 omega_1 T_{j-1}(omega_0) / T_j(omega_0), nu_j = 2 omega_0 T_{j-1}(omega_0) /
//   T_j(omega_0), kappa_j = 1 - nu_j, eta = 0.05.
// Stable for delta L <= (s - 1/2)^2 (2 - 4 eta / 3) - 3/2.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/langevin.h"

namespace restore {

struct SkRockOptions : LangevinOptions {
  SkRockOptions() { iterations = 100; }
  int stages = 10;  // denoiser calls a step, at least 2
};

class SkRock : public LangevinMethod {
 public:
  using Options = SkRockOptions;
  static const Parameters<Options>& parameters();
  explicit SkRock(const Options& options = {}) : options_(options) {}

  PosteriorMoments moments(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                           Observer* observer = nullptr) const override;

 private:
  Options options_;
};

}  // namespace restore
