#include "librestore/metric/psnr.h"

#include "librestore/linalg/inner_product.h"
#include "librestore/metric/same_size.h"

namespace restore {

double psnr(const torch::Tensor& reference, const torch::Tensor& image) {
  check_same_size(reference, image);
  const auto error = reference - image;  // correctly rounded, so float32 is enough here
  // MSE = ||reference - image||^2 / (C H W)
  const double mse = total_squared_norm(error) / static_cast<double>(error.numel());
  // PSNR = 10 log10(1 / MSE)
  return -10 * std::log10(mse);
}

std::vector<double> psnr_per_channel(const torch::Tensor& reference, const torch::Tensor& image) {
  check_same_size(reference, image);
  std::vector<double> values;
  for (std::int64_t c = 0; c < reference.size(1); ++c)
    values.push_back(psnr(reference.narrow(1, c, 1), image.narrow(1, c, 1)));
  return values;
}

}  // namespace restore
