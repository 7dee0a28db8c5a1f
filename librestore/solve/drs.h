// Douglas-Rachford splitting with a denoiser in the place of the prior's prox.
//
// Lions, Mercier 1979, "Splitting algorithms for the sum of two nonlinear operators",
//   https://doi.org/10.1137/0716071
// Relaxation: Eckstein, Bertsekas 1992, "On the Douglas-Rachford splitting method and the proximal
//   point algorithm for maximal monotone operators", https://doi.org/10.1007/BF01581204
// With a denoiser: Buzzard, Chan, Sreehari, Bouman 2018, "Plug-and-play unplugged:
//   optimization-free reconstruction using consensus equilibrium",
//   https://doi.org/10.1137/17M1122451
//
//   x_k     = argmin_x 1/2 ||A x - y||^2 + rho / 2 ||x - z_k||^2,  rho = lambda sigma_y^2/sigma^2
//   v_k     = D(2 x_k - z_k, sigma)
//   z_{k+1} = z_k + relaxation (v_k - x_k)
// where sigma is the options' or the nearest in the prior's range.
// With D = prox of sigma^2 R the fixed point is ADMM's, argmin 1/2 ||A x - y||^2
// + lambda sigma_y^2 R(x).
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

struct DrsOptions {
  int iterations = 50;      // at most
  double sigma = 0.05;      // noise level of the denoiser, [0,1]
  double lambda = 0.5;      // weight of the prior against the data
  double relaxation = 1;    // in (0, 2)
  double tolerance = 1e-4;  // stop at ||v_k - x_k|| <= tolerance ||v_k||
};

// Any operator. Where sigma_y is 0 the estimate is moved to meet the data.
class Drs : public ItemwiseMethod {
 public:
  using Options = DrsOptions;
  static const Parameters<Options>& parameters();
  explicit Drs(const Options& options = {}) : options_(options) {}

 private:
  Result run_item(const Measurement& measurement, const Denoiser& prior,
                  Observer* observer) const override;

  Options options_;
};

}  // namespace restore
