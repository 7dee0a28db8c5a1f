#include "librestore/model/denoiser.h"

#include "librestore/core/error.h"

namespace restore {

torch::Tensor MmseDenoiser::score(const torch::Tensor& x, double sigma) const {
  if (!(sigma > 0)) throw usage_error("score: sigma must be positive, got {}", sigma);
  return (denoise(x, sigma) - x) / (sigma * sigma);
}

}  // namespace restore
