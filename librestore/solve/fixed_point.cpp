#include "librestore/solve/fixed_point.h"

namespace restore {

Result FixedPointMethod::run(const Measurement& measurement, const Denoiser& prior, Rng&,
                             Observer* observer) const {
  return restore_items(measurement, [&](const Measurement& item) -> Result {
    PriorStep D(prior);
    const auto [T, sigma, step] = map(item, D);
    StepMonitor monitor(name(), stop().iterations, stop().tolerance, observer);
    auto x = item.A->initial_estimate(item.y);
    bool go_on = true;
    while (go_on) {
      // x_{k+1} = T(x_k)
      const auto next = T(x, D);
      go_on = monitor.proceed(x, next, sigma, step);
      x = next;
    }
    return {x, {}, monitor.finish(item, x, D.calls())};
  });
}

}  // namespace restore
