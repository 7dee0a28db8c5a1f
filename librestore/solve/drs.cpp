// Lions, Mercier 1979, "Splitting algorithms for the sum of two nonlinear operators",
// https://doi.org/10.1137/0716071
#include "librestore/solve/drs.h"

namespace restore {

const Parameters<DrsOptions>& Drs::parameters() {
  static const Parameters<DrsOptions> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"},
       &DrsOptions::iterations},
      {{"sigma", "[0,1]", 1e-4, 100, "noise level of the denoiser"}, &DrsOptions::sigma},
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &DrsOptions::lambda},
      {{"relaxation", "", 1e-3, 1.999, "of the step, above 1 to go further"},
       &DrsOptions::relaxation},
      {{"tolerance", "", 0, 1, "relative distance of the two estimates at which to stop"},
       &DrsOptions::tolerance},
  };
  return table;
}

Result Drs::run_item(const Measurement& measurement, const Denoiser& prior,
                     Observer* observer) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  const double sigma_y = floored_sigma(measurement);
  PriorStep D(prior);
  const double sigma = D.level(options_.sigma);
  const double rho = options_.lambda * sigma_y * sigma_y / (sigma * sigma);

  StepMonitor monitor("drs", options_.iterations, options_.tolerance, observer);
  auto z = A.initial_estimate(y);
  torch::Tensor v;
  bool go_on = true;
  while (go_on) {
    // x_k = argmin_x 1/2 ||A x - y||^2 + rho / 2 ||x - z_k||^2
    const auto x = A.prox(z, y, rho);
    // v_k = D(2 x_k - z_k, sigma)
    v = D(2 * x - z, sigma);
    // z_{k+1} = z_k + relaxation (v_k - x_k)
    z = z + options_.relaxation * (v - x);
    go_on = monitor.proceed(x, v, sigma, 1 / rho);
  }
  if (is_noiseless(measurement)) v = A.prox(v, y, rho);
  return {v, {}, monitor.finish(measurement, v, D.calls())};
}

}  // namespace restore
