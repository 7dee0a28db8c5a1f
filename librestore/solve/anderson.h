// Anderson acceleration: a fixed-point method that also learns from its last steps.
//
// Walker, Ni 2011, "Anderson acceleration for fixed-point iterations",
//   https://doi.org/10.1137/10078356X (their equation 2.2, beta = 1)
//
//   f_k = T(x_k) - x_k,   dX = (x_{i+1} - x_i),  dF = (f_{i+1} - f_i),  i = k - m .. k - 1
//   gamma   = argmin ||f_k - dF gamma||
//   x_{k+1} = x_k + f_k - (dX + dF) gamma
// The fixed points are T's own. For a linear T this is GMRES, which needs no more steps than there
// are unknowns. Where ||f_k|| has grown over its smallest value, what was learnt is forgotten, and
// the plain iteration goes on from the best x so far.
#pragma once

#include <memory>

#include "librestore/core/parameters.h"
#include "librestore/solve/fixed_point.h"

namespace restore {

struct AndersonOptions {
  int memory = 5;     // m
  double growth = 2;  // of ||f_k|| over its smallest value, at which to forget
};

class Anderson : public ItemwiseMethod {
 public:
  using Options = AndersonOptions;
  static const Parameters<Options>& parameters();
  explicit Anderson(std::unique_ptr<const FixedPointMethod> inner, const Options& options = {});

  // dx, df, and df made orthogonal.
  PriorUse prior_use() const override { return {.kept = std::int64_t{3} * options_.memory}; }

 private:
  Result run_item(const Measurement& measurement, const Denoiser& prior,
                  Observer* observer) const override;

  std::unique_ptr<const FixedPointMethod> inner_;
  Options options_;
  std::string name_;
};

}  // namespace restore
