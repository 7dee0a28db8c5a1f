#include "librestore/solve/fixed_point.h"

namespace restore {

Result FixedPointMethod::run_item(const Measurement& measurement, const Denoiser& prior,
                                  Observer* observer) const {
  PriorStep D(prior);
  const auto [T, sigma, step] = map(measurement, D);
  StepMonitor monitor(name(), stop().iterations, stop().tolerance, observer);
  auto x = measurement.A->initial_estimate(measurement.y);
  bool go_on = true;
  while (go_on) {
    // x_{k+1} = T(x_k)
    const auto next = T(x, D);
    go_on = monitor.proceed(x, next, sigma, step);
    x = next;
  }
  return {x, {}, monitor.finish(measurement, x, D.calls())};
}

}  // namespace restore
