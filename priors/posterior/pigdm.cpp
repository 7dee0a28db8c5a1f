#include "priors/posterior/pigdm.h"

#include "librestore/solve/plug_and_play.h"

namespace restore {

const Parameters<PigdmOptions>& Pigdm::parameters() {
  static const auto table = with_sampling_parameters<PigdmOptions>({
      {{"s", "[0,1]", 1e-3, 1e3, "standard deviation of the prior's pictures"}, &PigdmOptions::s},
  });
  return table;
}

Pigdm::Pigdm(const Measurement& measurement, const Denoiser& prior, const Options& options)
    : PosteriorDenoiser(measurement, prior),
      A_(measurement.linear(kName)),
      D_(mmse_prior(prior, kName)),
      sigma_y_(floored_sigma(measurement)),
      s_(options.s) {}

torch::Tensor Pigdm::denoise(const torch::Tensor& x, double sigma) const {
  const auto [x0_hat, vjp] = D_.linearize(x, sigma);
  // r_t^2 = sigma_t^2 s^2 / (s^2 + sigma_t^2)
  const double r2 = sigma * sigma * s_ * s_ / (s_ * s_ + sigma * sigma);
  // r_t^2 A^T (r_t^2 A A^T + sigma_y^2 I)^-1 (y - A x0_hat), by way of the prox
  const auto move = A_.prox(x0_hat, y_for(x), sigma_y_ * sigma_y_ / r2) - x0_hat;
  // D + sigma_t^2 J^T A^T (r_t^2 A A^T + sigma_y^2 I)^-1 (y - A x0_hat)
  return x0_hat + sigma * sigma / r2 * vjp(move);
}

}  // namespace restore
