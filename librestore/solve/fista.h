// Proximal gradient with Nesterov's momentum and a denoiser in the place of the prior's prox.
//
// Beck, Teboulle 2009, "A fast iterative shrinkage-thresholding algorithm for linear inverse
//   problems", https://doi.org/10.1137/080716542
// Restart: O'Donoghue, Candes 2015, "Adaptive restart for accelerated gradient schemes",
//   https://doi.org/10.1007/s10208-013-9150-3
//
//   x_{k+1} = D(z_k - s J(z_k)^T (A(z_k) - y), sigma),
//   s = step / ||A||^2
//   t_{k+1} = (1 + sqrt(1 + 4 t_k^2)) / 2
//   z_{k+1} = x_{k+1} + (t_k - 1) / t_{k+1} (x_{k+1} - x_k)
// With D = prox of sigma^2 R the fixed point is argmin 1/2 ||A x - y||^2 + (sigma^2 / s) R(x). Only
// products with A and A^T: no inner solver, but data are met no better than the prior lets them be.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

struct FistaOptions {
  int iterations = 200;     // at most
  double sigma = 0;         // noise level of the denoiser, [0,1]; 0: sigma_y sqrt(s)
  double step = 1;          // in units of 1 / ||A||^2, at most 1
  bool restart = true;      // drop the momentum when it points uphill
  double tolerance = 1e-4;  // stop at ||x_{k+1} - x_k|| <= tolerance ||x_{k+1}||
};

// Any operator.
class Fista : public ItemwiseMethod {
 public:
  using Options = FistaOptions;
  static const Parameters<Options>& parameters();
  explicit Fista(const Options& options = {}) : options_(options) {}

 private:
  Result run_item(const Measurement& measurement, const Denoiser& prior,
                  Observer* observer) const override;

  Options options_;
};

}  // namespace restore
