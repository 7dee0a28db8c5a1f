#include "librestore/model/measurement.h"

#include "librestore/core/error.h"
#include "librestore/linalg/inner_product.h"

namespace restore {

const LinearOperator& Measurement::linear(const char* method) const {
  const auto* linear_operator = dynamic_cast<const LinearOperator*>(A.get());
  if (!linear_operator)
    throw usage_error("{} needs a linear operator, and this measurement's is not linear", method);
  return *linear_operator;
}

double residual_in_sigmas(const Measurement& measurement, const torch::Tensor& x,
                          double sigma_floor) {
  const auto z = measurement.A->apply(x);
  const auto variance = measurement.noise->variance(z).clamp_min(sigma_floor * sigma_floor);
  const auto weighted = (measurement.y - z) / variance.sqrt().to(z.scalar_type());
  return std::sqrt(total_squared_norm(weighted) / static_cast<double>(weighted.numel()));
}

}  // namespace restore
