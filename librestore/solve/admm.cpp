// Venkatakrishnan, Bouman, Wohlberg 2013, "Plug-and-play priors for model based reconstruction",
// https://doi.org/10.1109/GlobalSIP.2013.6737048
#include "librestore/solve/admm.h"

#include "librestore/solve/plug_and_play.h"

namespace restore {

const Parameters<AdmmOptions>& Admm::parameters() {
  static const Parameters<AdmmOptions> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"},
       &AdmmOptions::iterations},
      {{"sigma", "[0,1]", 1e-4, 100, "noise level of the denoiser"}, &AdmmOptions::sigma},
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &AdmmOptions::lambda},
      {{"tolerance", "", 0, 1, "relative move of the state at which to stop"},
       &AdmmOptions::tolerance},
  };
  return table;
}

Result Admm::run(const Measurement& measurement, const Denoiser& prior, Rng&,
                 Observer* observer) const {
  return restore_items(measurement,
                       [&](const Measurement& item) { return run_item(item, prior, observer); });
}

Result Admm::run_item(const Measurement& measurement, const Denoiser& prior,
                      Observer* observer) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  const double sigma_y = floored_sigma(measurement);
  const double rho = options_.lambda * sigma_y * sigma_y / (options_.sigma * options_.sigma);

  PriorStep D(prior);
  StepMonitor monitor("admm", options_.iterations, options_.tolerance, observer);
  auto x = A.initial_estimate(y);
  auto u = torch::zeros_like(x);
  torch::Tensor v;
  bool go_on = true;
  while (go_on) {
    // v_{k+1} = D(x_k + u_k, sigma)
    v = D(x + u, options_.sigma);
    // u_{k+1} = u_k + x_k - v_{k+1}
    u = u + x - v;
    // x_{k+1} = argmin_x 1/2 ||A x - y||^2 + rho / 2 ||x - (v_{k+1} - u_{k+1})||^2
    x = A.prox(v - u, y, rho);
    go_on = monitor.proceed(v, x, options_.sigma, 1 / rho);
  }
  if (is_noiseless(measurement)) v = A.prox(v, y, rho);
  return {v, {}, monitor.finish(measurement, v, D.calls())};
}

}  // namespace restore
