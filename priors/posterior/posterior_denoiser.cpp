#include "priors/posterior/posterior_denoiser.h"

#include "librestore/core/error.h"

namespace restore {

torch::Tensor PosteriorDenoiser::y_for(const torch::Tensor& x) const {
  return measurement_.y.expand({x.size(0), -1, -1, -1});
}

const MmseDenoiser& mmse_prior(const Denoiser& prior, const char* method) {
  const auto* mmse = dynamic_cast<const MmseDenoiser*>(&prior);
  if (!mmse)
    throw usage_error(
        "{} needs the gradient of an MMSE denoiser, and prior '{}' is none; take another prior, or "
        "diffpir or ddnm",
        method, prior.name());
  return *mmse;
}

const SpectralOperator& spectral_operator(const Measurement& measurement, const char* method) {
  const auto* A = dynamic_cast<const SpectralOperator*>(measurement.A.get());
  if (!A)
    throw usage_error(
        "{} needs the singular value decomposition of the operator, and this one's, under this "
        "noise, "
        "is not at hand; pigdm, mmps and diffpir take any linear operator",
        method);
  return *A;
}

}  // namespace restore
