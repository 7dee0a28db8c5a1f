#include "priors/posterior/tmpd.h"

#include "librestore/solve/plug_and_play.h"

namespace restore {

const Parameters<SamplingOptions>& Tmpd::parameters() {
  static const auto table = with_sampling_parameters<SamplingOptions>({});
  return table;
}

Tmpd::Tmpd(const Measurement& measurement, const Denoiser& prior, const Options&)
    : PosteriorDenoiser(measurement, prior),
      A_(measurement.linear(kName)),
      D_(mmse_prior(prior, kName)),
      sigma_y_(floored_sigma(measurement)) {}

torch::Tensor Tmpd::denoise(const torch::Tensor& x, double sigma) const {
  const auto [x0_hat, vjp] = D_.linearize(x, sigma);
  // C A^T v = sigma_t^2 J^T A^T v
  const auto CAt = [&, &vjp = vjp](const torch::Tensor& v) {
    return sigma * sigma * vjp(A_.adjoint(v));
  };
  const auto r = y_for(x) - A_.apply(x0_hat);
  // A C A^T 1 + sigma_y^2; a variance, so a row sum below zero counts as zero
  const auto variance = A_.apply(CAt(torch::ones_like(r))).clamp_min(0) + sigma_y_ * sigma_y_;
  // D + sigma_t^2 J^T A^T (r / variance)
  return x0_hat + CAt(r / variance);
}

}  // namespace restore
