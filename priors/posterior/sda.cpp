#include "priors/posterior/sda.h"

#include "librestore/solve/plug_and_play.h"

namespace restore {

const Parameters<SdaOptions>& Sda::parameters() {
  static const auto table = with_sampling_parameters<SdaOptions>({
      {{"gamma", "", 0, 1e3, "variance of the measured estimate in units of sigma_t^2"},
       &SdaOptions::gamma},
  });
  return table;
}

Sda::Sda(const Measurement& measurement, const Denoiser& prior, const Options& options)
    : PosteriorDenoiser(measurement, prior),
      A_(*measurement.A),
      D_(mmse_prior(prior, kName)),
      sigma_y_(floored_sigma(measurement)),
      gamma_(options.gamma) {}

torch::Tensor Sda::denoise(const torch::Tensor& x, double sigma) const {
  const auto [x0_hat, vjp] = D_.linearize(x, sigma);
  const double variance = sigma_y_ * sigma_y_ + gamma_ * sigma * sigma;
  // D + sigma_t^2 J^T A'^T (y - A(x0_hat)) / (sigma_y^2 + gamma sigma_t^2)
  const auto r = y_for(x) - A_.apply(x0_hat);
  return x0_hat + sigma * sigma / variance * vjp(A_.vjp(x0_hat, r));
}

}  // namespace restore
