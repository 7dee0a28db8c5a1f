// Romano, Elad, Milanfar 2017, "The little engine that could: Regularization by Denoising (RED)",
// https://arxiv.org/abs/1611.02862, ADMM with one inner step.
#include "librestore/solve/red_admm.h"

#include "librestore/solve/red.h"

namespace restore {

const Parameters<RedAdmmOptions>& RedAdmm::parameters() {
  static const Parameters<Options> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"}, &Options::iterations},
      {{"sigma", "[0,1]", 1e-4, 100, "noise level of the denoiser"}, &Options::sigma},
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &Options::lambda},
      {{"penalty", "", 1e-3, 1e3, "of the constraint, in units of the prior's weight"},
       &Options::penalty},
      {{"tolerance", "", 0, 1, "relative move of the state at which to stop"}, &Options::tolerance},
  };
  return table;
}

Result RedAdmm::run_item(const Measurement& measurement, const Denoiser& prior,
                         Observer* observer) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  PriorStep D(prior);
  const double sigma = D.level(options_.sigma);
  const double rho = red_weight(measurement, sigma, options_.lambda);
  const double beta = options_.penalty * rho;

  StepMonitor monitor("red-admm", options_.iterations, options_.tolerance, observer);
  auto v = A.initial_estimate(y);
  auto u = torch::zeros_like(v);
  torch::Tensor x;
  bool go_on = true;
  while (go_on) {
    // x_{k+1} = argmin_x 1/2 ||A x - y||^2 + beta / 2 ||x - (v_k - u_k)||^2
    x = A.prox(v - u, y, beta);
    // v_{k+1} = (rho D(v_k, sigma) + beta (x_{k+1} + u_k)) / (rho + beta)
    const auto next = (rho * D(v, sigma) + beta * (x + u)) / (rho + beta);
    // u_{k+1} = u_k + x_{k+1} - v_{k+1}
    u = u + x - next;
    // The state is (v, u): both have to rest.
    go_on = monitor.proceed(next - ((next - v).abs() + (x - next).abs()), next, sigma, 1 / beta);
    v = next;
  }
  return {x, {}, monitor.finish(measurement, x, D.calls())};
}

}  // namespace restore
