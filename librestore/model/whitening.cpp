#include "librestore/model/whitening.h"

#include <ATen/ATen.h>

namespace restore {

torch::Tensor Whitening::operator()(const torch::Tensor& r) const {
  if (is_identity()) return r;
  const auto w = gain.to(r.scalar_type());
  if (!stationary) return w * r;
  const std::vector<std::int64_t> size{r.size(2), r.size(3)};
  return at::fft_irfft2(at::fft_rfft2(r) * w, size);
}

}  // namespace restore
