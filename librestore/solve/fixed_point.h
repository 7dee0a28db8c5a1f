// Methods that repeat one map until its result rests: x_{k+1} = T(x_k). pgm, red and red-fp are
// such.
#pragma once

#include <functional>

#include "librestore/solve/plug_and_play.h"

namespace restore {

struct FixedPointMap {
  std::function<torch::Tensor(const torch::Tensor& x, PriorStep& D)> T;  // one call of D
  double sigma = 0;                                                      // D's level
  double step = 0;  // of a gradient inside, or 1 / rho of a prox
};

struct FixedPointStop {
  int iterations = 0;    // at most
  double tolerance = 0;  // of ||T(x) - x|| / ||T(x)||
};

// From A's initial estimate.
class FixedPointMethod : public ItemwiseMethod {
 public:
  virtual const char* name() const = 0;
  virtual FixedPointStop stop() const = 0;
  // Of a measurement that outlives it, with levels that `prior` has.
  virtual FixedPointMap map(const Measurement& measurement, const PriorStep& prior) const = 0;

 private:
  Result run_item(const Measurement& measurement, const Denoiser& prior,
                  Observer* observer) const final;
};

}  // namespace restore
