#include "priors/posterior/mmps.h"

#include "librestore/linalg/conjugate_gradients.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

const Parameters<MmpsOptions>& Mmps::parameters() {
  static const auto table = with_sampling_parameters<MmpsOptions>({
      {{"cg", "", 1, 1000, "conjugate-gradient iterations a step, a gradient of the prior each"},
       &MmpsOptions::cg},
  });
  return table;
}

Mmps::Mmps(const Measurement& measurement, const Denoiser& prior, const Options& options)
    : PosteriorDenoiser(measurement, prior),
      A_(measurement.linear(kName)),
      D_(mmse_prior(prior, kName)),
      sigma_y_(floored_sigma(measurement)),
      cg_(options.cg) {}

torch::Tensor Mmps::denoise(const torch::Tensor& x, double sigma) const {
  const auto [x0_hat, vjp] = D_.linearize(x, sigma);
  // C A^T v = sigma_t^2 J^T A^T v
  const auto CAt = [&, &vjp = vjp](const torch::Tensor& v) {
    return sigma * sigma * vjp(A_.adjoint(v));
  };
  // (A C A^T + sigma_y^2 I) v = y - A x0_hat
  const auto covariance = [&](const torch::Tensor& v) {
    return A_.apply(CAt(v)) + sigma_y_ * sigma_y_ * v;
  };
  CgOptions cg;
  cg.max_iterations = cg_;
  cg.tolerance = 1e-10;
  const auto v = conjugate_gradients(covariance, y_for(x) - A_.apply(x0_hat), {}, cg).x;
  // D + sigma_t^2 J^T A^T v
  return x0_hat + CAt(v);
}

}  // namespace restore
