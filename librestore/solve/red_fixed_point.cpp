// Romano, Elad, Milanfar 2017, "The little engine that could: Regularization by Denoising (RED)",
// https://arxiv.org/abs/1611.02862, fixed-point strategy.
#include "librestore/solve/red_fixed_point.h"

#include "librestore/solve/red.h"

namespace restore {

const Parameters<RedFixedPointOptions>& RedFixedPoint::parameters() {
  using Options = RedFixedPointOptions;
  static const Parameters<Options> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"}, &Options::iterations},
      {{"sigma", "[0,1]", 1e-4, 100, "noise level of the denoiser"}, &Options::sigma},
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &Options::lambda},
      {{"tolerance", "", 0, 1, "relative move at which to stop"}, &Options::tolerance},
  };
  return table;
}

Result RedFixedPoint::run(const Measurement& measurement, const Denoiser& prior, Rng&,
                          Observer* observer) const {
  return restore_items(measurement,
                       [&](const Measurement& item) { return run_item(item, prior, observer); });
}

Result RedFixedPoint::run_item(const Measurement& measurement, const Denoiser& prior,
                               Observer* observer) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  const double rho = RedGradient(measurement, options_.sigma, options_.lambda).rho();

  PriorStep D(prior);
  StepMonitor monitor("red-fp", options_.iterations, options_.tolerance, observer);
  auto x = A.initial_estimate(y);
  bool go_on = true;
  while (go_on) {
    // x_{k+1} = argmin_x 1/2 ||A x - y||^2 + rho / 2 ||x - D(x_k, sigma)||^2
    const auto next = A.prox(D(x, options_.sigma), y, rho);
    go_on = monitor.proceed(x, next, options_.sigma);
    x = next;
  }
  return {x, {}, monitor.finish(measurement, x, D.calls())};
}

}  // namespace restore
