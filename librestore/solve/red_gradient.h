// RED by gradient descent (librestore/solve/red.h).
//
//   x_{k+1} = x_k - step / (||A||^2 + rho) g(x_k)
// Only products with A and A^T.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/solve/fixed_point.h"

namespace restore {

struct RedOptions {
  int iterations = 400;     // at most
  double sigma = 0.05;      // noise level of the denoiser, [0,1]
  double lambda = 0.5;      // weight of the prior against the data
  double step = 1;          // in units of 1 / (||A||^2 + rho), below 2
  double tolerance = 1e-5;  // stop at ||x_{k+1} - x_k|| <= tolerance ||x_{k+1}||
};

class Red : public FixedPointMethod {
 public:
  using Options = RedOptions;
  static const Parameters<Options>& parameters();
  explicit Red(const Options& options = {}) : options_(options) {}

  const char* name() const override { return "red"; }
  FixedPointStop stop() const override { return {options_.iterations, options_.tolerance}; }
  FixedPointMap map(const Measurement& measurement, const PriorStep& prior) const override;

 private:
  Options options_;
};

}  // namespace restore
