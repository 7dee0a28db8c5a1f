// The alternating direction method of multipliers with a denoiser in the place of the prior's prox.
//
// Boyd et al. 2011, "Distributed optimization and statistical learning via the alternating
//   direction method of multipliers" (scaled form), https://doi.org/10.1561/2200000016
// Venkatakrishnan, Bouman, Wohlberg 2013, "Plug-and-play priors for model based reconstruction",
//   https://doi.org/10.1109/GlobalSIP.2013.6737048
// Chan, Wang, Elgendy 2016, "Plug-and-Play ADMM for Image Restoration: Fixed Point Convergence and
//   Applications" (continuation: rho grows), https://arxiv.org/abs/1605.01710
//
//   v_{k+1} = D(x_k + u_k, sigma_k)
//   u_{k+1} = u_k + x_k - v_{k+1}
//   x_{k+1} = argmin_x 1/2 ||A x - y||^2 + rho_k / 2 ||x - (v_{k+1} - u_{k+1})||^2,
//   rho_k = lambda sigma_y^2 / sigma_k^2.
// sigma_k = sigma, or falls to it from sigma_start in equal ratios, where these levels or the
// nearest in the prior's range are meant: rho_k is of the level that D is called with. The
// multiplier rho_k u_k is kept when rho_k changes (Boyd et al. 2011, section 3.4.1). In one step
// the state x + u moves by x_{k+1} - v_{k+1}: that is 0 exactly where primal and dual residual are,
// and it is the residual of the stop. With D = prox of sigma^2 R the fixed point is the MAP
// estimate argmin 1/2 ||A x - y||^2 + lambda sigma_y^2 R(x); sigma then only sets the pace.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

struct AdmmOptions {
  int iterations = 50;      // at most
  double sigma = 0.05;      // noise level of the denoiser, [0,1]; 0 for the measurement's
  double sigma_start = 0;   // of the first step; 0 and what lies below sigma: sigma throughout
  double lambda = 0.5;      // weight of the prior against the data
  double tolerance = 1e-4;  // stop at ||x_k - v_k|| <= tolerance ||x_k||
};

// Any operator. Where sigma_y is 0 the estimate is moved to meet the data.
class Admm : public ItemwiseMethod {
 public:
  using Options = AdmmOptions;
  static const Parameters<Options>& parameters();
  explicit Admm(const Options& options = {}) : options_(options) {}

 private:
  Result run_item(const Measurement& measurement, const Denoiser& prior,
                  Observer* observer) const override;

  Options options_;
};

}  // namespace restore
