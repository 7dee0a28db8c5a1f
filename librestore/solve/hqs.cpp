// Zhang et al. 2021, "Plug-and-Play Image Restoration with Deep Denoiser Prior",
// https://arxiv.org/abs/2008.13751
#include "librestore/solve/hqs.h"

namespace restore {

const Parameters<HqsOptions>& Hqs::parameters() {
  static const Parameters<HqsOptions> table{
      {{"iterations", "", 1, 10000, "steps, a denoiser call each"}, &HqsOptions::iterations},
      {{"sigma_start", "[0,1]", 1e-4, 100, "noise level of the first step"},
       &HqsOptions::sigma_start},
      {{"sigma_end", "[0,1]", 0, 100, "noise level of the last step, 0 for the measurement's"},
       &HqsOptions::sigma_end},
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &HqsOptions::lambda},
  };
  return table;
}

Result Hqs::run_item(const Measurement& measurement, const Denoiser& prior,
                     Observer* observer) const {
  const Operator& A = *measurement.A;
  const auto& y = measurement.y;
  const double sigma_y = floored_sigma(measurement);
  const double sigma_end = options_.sigma_end > 0 ? options_.sigma_end : sigma_y;
  const double sigma_start = std::max(options_.sigma_start, sigma_end);
  const auto rho = [&](double sigma) {
    return options_.lambda * sigma_y * sigma_y / (sigma * sigma);
  };

  PriorStep D(prior);
  StepMonitor monitor("hqs", options_.iterations, StepMonitor::kNever, observer);
  auto x = A.initial_estimate(y);
  bool go_on = true;
  for (int k = 0; go_on; ++k) {
    // sigma_k = sigma_start^(1 - k/K) sigma_end^(k/K)
    const double fraction = options_.iterations > 1 ? k / (options_.iterations - 1.0) : 1;
    const double sigma = D.level(sigma_start * std::pow(sigma_end / sigma_start, fraction));
    // z_k = argmin_z 1/2 ||A z - y||^2 + rho_k / 2 ||z - x_k||^2
    const auto z = A.prox(x, y, rho(sigma));
    // x_{k+1} = D(z_k, sigma_k)
    const auto next = D(z, sigma);
    go_on = monitor.proceed(x, next, sigma, 1 / rho(sigma));
    x = next;
  }
  if (is_noiseless(measurement)) x = A.prox(x, y, rho(D.level(sigma_start)));
  return {x, {}, monitor.finish(measurement, x, D.calls())};
}

}  // namespace restore
