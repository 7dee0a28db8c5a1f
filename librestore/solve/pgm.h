// Proximal gradient (forward-backward splitting) with a denoiser in the place of the prior's prox.
//
// Combettes, Wajs 2005, "Signal recovery by proximal forward-backward splitting",
//   https://doi.org/10.1137/050626090
// With a denoiser: Kamilov, Mansour, Wohlberg 2017, "A plug-and-play priors approach for solving
//   nonlinear imaging inverse problems", https://doi.org/10.1109/LSP.2017.2763583
//
//   x_{k+1} = D(x_k - s J(x_k)^T (A(x_k) - y), sigma),
//   s = step / ||A||^2
// With D = prox of sigma^2 R the fixed point is argmin 1/2 ||A x - y||^2 + (sigma^2 / s) R(x), that
// of FISTA. Slower, and without momentum nothing that a denoiser which is no prox could throw off.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/fixed_point.h"

namespace restore {

struct PgmOptions {
  int iterations = 400;     // at most
  double sigma = 0;         // noise level of the denoiser, [0,1]; 0: sigma_y sqrt(s)
  double step = 1;          // in units of 1 / ||A||^2, below 2
  double tolerance = 1e-4;  // stop at ||x_{k+1} - x_k|| <= tolerance ||x_{k+1}||
};

class Pgm : public FixedPointMethod {
 public:
  using Options = PgmOptions;
  static const Parameters<Options>& parameters();
  explicit Pgm(const Options& options = {}) : options_(options) {}

  const char* name() const override { return "pgm"; }
  FixedPointStop stop() const override { return {options_.iterations, options_.tolerance}; }
  FixedPointMap map(const Measurement& measurement, const PriorStep& prior) const override;

 private:
  Options options_;
};

}  // namespace restore
