#include "librestore/model/noise_model.h"

namespace restore {

Whitening NoiseModel::whitening(const torch::Tensor& z, double floor) const {
  if (is_white()) return {std::max(sigma(), floor)};
  const auto deviation = variance(z).to(torch::kFloat64).sqrt().clamp_min(floor);
  const double level = std::sqrt(deviation.square().mean().item<double>());
  return {level, (level / deviation).to(z.scalar_type())};
}

}  // namespace restore
