#include "librestore/solve/denoise.h"

#include "librestore/core/error.h"

namespace restore {

const Parameters<DenoiseOptions>& Denoise::parameters() {
  static const Parameters<DenoiseOptions> table{
      {{"sigma", "[0,1]", 0, 100, "noise level, 0 for the measurement's"}, &DenoiseOptions::sigma},
  };
  return table;
}

Result Denoise::run_item(const Measurement& measurement, const Denoiser& prior,
                         Observer* observer) const {
  if (!takes(*measurement.A))
    throw usage_error(
        "denoise undoes white noise alone, and this measurement has an operator or noise of "
        "another kind; use hqs, admm or fista");
  const double sigma = options_.sigma > 0 ? options_.sigma : measurement.sigma_y();
  if (sigma == 0) throw usage_error("denoise: the noise level is 0; give the one to remove");
  PriorStep D(prior);
  StepMonitor monitor("denoise", 1, 0, observer);
  // x = D(y, sigma_y)
  const auto x = D(measurement.y, sigma);
  monitor.proceed(measurement.y, x, D.level(sigma));
  return {x, {}, monitor.finish(measurement, x, D.calls())};
}

}  // namespace restore
