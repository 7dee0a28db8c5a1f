// Beck, Teboulle 2009, "A fast iterative shrinkage-thresholding algorithm for linear inverse
// problems", https://doi.org/10.1137/080716542
#include "librestore/solve/fista.h"

#include "librestore/linalg/inner_product.h"

namespace restore {

const Parameters<FistaOptions>& Fista::parameters() {
  static const Parameters<FistaOptions> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"},
       &FistaOptions::iterations},
      {{"sigma", "[0,1]", 0, 100, "noise level of the denoiser, 0 to derive it from the noise"},
       &FistaOptions::sigma},
      {{"step", "", 1e-6, 1, "step size in units of 1 / ||A||^2"}, &FistaOptions::step},
      {{"restart", "", 0, 1, "drop the momentum when it points uphill"}, &FistaOptions::restart},
      {{"tolerance", "", 0, 1, "relative move at which to stop"}, &FistaOptions::tolerance},
  };
  return table;
}

Result Fista::run_item(const Measurement& measurement, const Denoiser& prior,
                       Observer* observer) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  const double s = options_.step / (A.norm() * A.norm());
  const double sigma =
      options_.sigma > 0 ? options_.sigma : floored_sigma(measurement) * std::sqrt(s);

  PriorStep D(prior);
  StepMonitor monitor("fista", options_.iterations, options_.tolerance, observer);
  auto x = A.initial_estimate(y);
  auto z = x;
  double t = 1;
  bool go_on = true;
  while (go_on) {
    // x_{k+1} = D(z_k - s J(z_k)^T (A(z_k) - y), sigma)
    const auto next = D(z - s * A.vjp(z, A.apply(z) - y), sigma);
    const auto move = next - x;
    // Uphill: <z_k - x_{k+1}, x_{k+1} - x_k> > 0
    if (options_.restart && inner_product(z - next, move).item<double>() > 0) t = 1;
    // z_{k+1} = x_{k+1} + (t_k - 1) / t_{k+1} (x_{k+1} - x_k)
    const double t_next = (1 + std::sqrt(1 + 4 * t * t)) / 2;
    z = next + (t - 1) / t_next * move;
    t = t_next;
    go_on = monitor.proceed(x, next, D.level(sigma), s);
    x = next;
  }
  return {x, {}, monitor.finish(measurement, x, D.calls())};
}

}  // namespace restore
