// Venkatakrishnan, Bouman, Wohlberg 2013, "Plug-and-play priors for model based reconstruction",
// https://doi.org/10.1109/GlobalSIP.2013.6737048
#include "librestore/solve/admm.h"

namespace restore {

const Parameters<AdmmOptions>& Admm::parameters() {
  static const Parameters<AdmmOptions> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"},
       &AdmmOptions::iterations},
      {{"sigma", "[0,1]", 0, 100, "noise level of the denoiser, 0 for the measurement's"},
       &AdmmOptions::sigma},
      {{"sigma_start", "[0,1]", 0, 100,
        "noise level of the first step, falling to sigma; 0 for sigma"},
       &AdmmOptions::sigma_start},
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &AdmmOptions::lambda},
      {{"tolerance", "", 0, 1, "relative move of the state at which to stop"},
       &AdmmOptions::tolerance},
  };
  return table;
}

Result Admm::run_item(const Measurement& measurement, const Denoiser& prior,
                      Observer* observer) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  const double sigma_y = floored_sigma(measurement);
  PriorStep D(prior);
  const double sigma_end = D.level(options_.sigma > 0 ? options_.sigma : sigma_y);
  const double sigma_start = std::max(D.level(options_.sigma_start), sigma_end);
  const double fall = std::pow(sigma_end / sigma_start, 1.0 / std::max(options_.iterations - 1, 1));
  const auto rho = [&](double sigma) {
    return options_.lambda * sigma_y * sigma_y / (sigma * sigma);
  };

  StepMonitor monitor("admm", options_.iterations,
                      fall < 1 ? StepMonitor::kNever : options_.tolerance, observer);
  auto x = A.initial_estimate(y);
  auto u = torch::zeros_like(x);
  torch::Tensor v;
  double sigma = options_.iterations > 1 ? sigma_start : sigma_end;
  bool go_on = true;
  while (go_on) {
    // v_{k+1} = D(x_k + u_k, sigma_k)
    v = D(x + u, sigma);
    // u_{k+1} = u_k + x_k - v_{k+1}
    u = u + x - v;
    // x_{k+1} = argmin_x 1/2 ||A x - y||^2 + rho_k / 2 ||x - (v_{k+1} - u_{k+1})||^2
    x = A.prox(v - u, y, rho(sigma));
    go_on = monitor.proceed(v, x, sigma, 1 / rho(sigma));
    if (fall < 1 && go_on) {
      u = u * (fall * fall);  // rho_{k+1} u = rho_k u_k
      sigma *= fall;
    }
  }
  if (is_noiseless(measurement)) v = A.prox(v, y, rho(sigma_start));
  return {v, {}, monitor.finish(measurement, v, D.calls())};
}

}  // namespace restore
