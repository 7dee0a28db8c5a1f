#include "priors/posterior/diffpir.h"

#include "librestore/solve/plug_and_play.h"

namespace restore {

const Parameters<DiffpirOptions>& Diffpir::parameters() {
  static const auto table = with_sampling_parameters<DiffpirOptions>({
      {{"lambda", "", 1e-6, 1e6, "weight of the prior against the data"}, &DiffpirOptions::lambda},
  });
  return table;
}

Diffpir::Diffpir(const Measurement& measurement, const Denoiser& prior, const Options& options)
    : PosteriorDenoiser(measurement, prior),
      A_(*measurement.A),
      D_(prior),
      sigma_y_(floored_sigma(measurement)),
      lambda_(options.lambda) {}

torch::Tensor Diffpir::denoise(const torch::Tensor& x, double sigma) const {
  // rho_t = lambda sigma_y^2 / sigma_t^2
  const double rho = lambda_ * sigma_y_ * sigma_y_ / (sigma * sigma);
  return A_.prox(D_.denoise(x, sigma), y_for(x), rho);
}

}  // namespace restore
