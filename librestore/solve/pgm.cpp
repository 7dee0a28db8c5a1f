// Kamilov, Mansour, Wohlberg 2017, "A plug-and-play priors approach for solving nonlinear imaging
// inverse problems", https://doi.org/10.1109/LSP.2017.2763583
#include "librestore/solve/pgm.h"

namespace restore {

const Parameters<PgmOptions>& Pgm::parameters() {
  static const Parameters<PgmOptions> table{
      {{"iterations", "", 1, 100000, "steps at most, a denoiser call each"},
       &PgmOptions::iterations},
      {{"sigma", "[0,1]", 0, 100, "noise level of the denoiser, 0 to derive it from the noise"},
       &PgmOptions::sigma},
      {{"step", "", 1e-6, 2, "step size in units of 1 / ||A||^2"}, &PgmOptions::step},
      {{"tolerance", "", 0, 1, "relative move at which to stop"}, &PgmOptions::tolerance},
  };
  return table;
}

FixedPointMap Pgm::map(const Measurement& measurement, const PriorStep& prior) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  const double s = options_.step / (A.norm() * A.norm());
  const double sigma =
      prior.level(options_.sigma > 0 ? options_.sigma : floored_sigma(measurement) * std::sqrt(s));
  const auto T = [&A, &y, s, sigma](const torch::Tensor& x, PriorStep& D) {
    // x_{k+1} = D(x_k - s J(x_k)^T (A(x_k) - y), sigma)
    return D(x - s * A.vjp(x, A.apply(x) - y), sigma);
  };
  return {T, sigma, s};
}

}  // namespace restore
