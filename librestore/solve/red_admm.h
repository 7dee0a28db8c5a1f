// RED by ADMM (librestore/solve/red.h).
//
//   x_{k+1} = argmin_x 1/2 ||A x - y||^2 + beta / 2 ||x - (v_k - u_k)||^2,   beta = penalty rho
//   v_{k+1} = (rho D(v_k, sigma) + beta (x_{k+1} + u_k)) / (rho + beta)
//   u_{k+1} = u_k + x_{k+1} - v_{k+1}
// The second line is one step of the fixed-point iteration for
// argmin_v rho / 2 v^T (v - D(v)) + beta / 2 ||v - (x_{k+1} + u_k)||^2, started at v_k.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

struct RedAdmmOptions {
  int iterations = 100;     // at most
  double sigma = 0.05;      // noise level of the denoiser, [0,1]
  double lambda = 0.5;      // weight of the prior against the data
  double penalty = 1;       // beta / rho: sets the pace
  double tolerance = 1e-4;  // stop at || |v_{k+1} - v_k| + |x - v_{k+1}| || <= tolerance ||x||
};

// Any operator. The estimate is x, which meets the data.
class RedAdmm : public ItemwiseMethod {
 public:
  using Options = RedAdmmOptions;
  static const Parameters<Options>& parameters();
  explicit RedAdmm(const Options& options = {}) : options_(options) {}

 private:
  Result run_item(const Measurement& measurement, const Denoiser& prior,
                  Observer* observer) const override;

  Options options_;
};

}  // namespace restore
