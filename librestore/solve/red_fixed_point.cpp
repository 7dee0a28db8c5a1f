// Romano, Elad, Milanfar 2017, "The little engine that could: Regularization by Denoising (RED)",
// https://arxiv.org/abs/1611.02862, fixed-point strategy.
#include "librestore/solve/red_fixed_point.h"

#include "librestore/solve/red.h"

namespace restore {

const Parameters<RedFixedPointOptions>& RedFixedPoint::parameters() {
  static const Parameters<Options> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"}, &Options::iterations},
      {{"sigma", "[0,1]", 1e-4, 100, "noise level of the denoiser"}, &Options::sigma},
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &Options::lambda},
      {{"tolerance", "", 0, 1, "relative move at which to stop"}, &Options::tolerance},
  };
  return table;
}

FixedPointMap RedFixedPoint::map(const Measurement& measurement, const PriorStep& prior) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  const double sigma = prior.level(options_.sigma);
  const double rho = red_weight(measurement, sigma, options_.lambda);
  const auto T = [&A, &y, sigma, rho](const torch::Tensor& x, PriorStep& D) {
    // x_{k+1} = argmin_x 1/2 ||A(x) - y||^2 + rho / 2 ||x - D(x_k, sigma)||^2
    return A.prox(D(x, sigma), y, rho);
  };
  return {T, sigma, 1 / rho};
}

}  // namespace restore
