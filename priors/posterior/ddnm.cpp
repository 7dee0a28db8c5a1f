#include "priors/posterior/ddnm.h"

namespace restore {

const Parameters<SamplingOptions>& Ddnm::parameters() {
  static const auto table = with_sampling_parameters<SamplingOptions>({});
  return table;
}

Ddnm::Ddnm(const Measurement& measurement, const Denoiser& prior, const Options&)
    : PosteriorDenoiser(measurement, prior), A_(measurement.linear(kName)), D_(prior) {}

torch::Tensor Ddnm::denoise(const torch::Tensor& x, double sigma) const {
  const auto x0_hat = D_.denoise(x, sigma);
  // x0_hat - A^+ (A x0_hat - y)
  return x0_hat - A_.pseudo_inverse(A_.apply(x0_hat) - y_for(x));
}

}  // namespace restore
