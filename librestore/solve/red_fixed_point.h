// RED by the fixed-point iteration (librestore/solve/red.h).
//
//   A^T (A x_{k+1} - y) + rho (x_{k+1} - D(x_k, sigma)) = 0
// One prox a step, and the data are met however fine their noise is. The iteration contracts with
// rho / (rho + smallest eigenvalue of A^T A) where D does not expand.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/fixed_point.h"

namespace restore {

struct RedFixedPointOptions {
  int iterations = 100;     // at most
  double sigma = 0.05;      // noise level of the denoiser, [0,1]
  double lambda = 0.5;      // weight of the prior against the data
  double tolerance = 1e-4;  // stop at ||x_{k+1} - x_k|| <= tolerance ||x_{k+1}||
};

class RedFixedPoint : public FixedPointMethod {
 public:
  using Options = RedFixedPointOptions;
  static const Parameters<Options>& parameters();
  explicit RedFixedPoint(const Options& options = {}) : options_(options) {}

  const char* name() const override { return "red-fp"; }
  FixedPointStop stop() const override { return {options_.iterations, options_.tolerance}; }
  FixedPointMap map(const Measurement& measurement, const PriorStep& prior) const override;

 private:
  Options options_;
};

}  // namespace restore
