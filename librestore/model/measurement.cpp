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

double Measurement::sigma_y() const {
  if (!noise->is_white())
    throw usage_error("noise {} has no single level: whiten the measurement first",
                      noise->describe());
  return noise->sigma();
}

double residual_in_sigmas(const Measurement& measurement, const torch::Tensor& x, double floor) {
  const auto z = measurement.A->apply(x);
  const auto W = measurement.noise->whitening(z, floor);
  const auto white = W(measurement.y - z);
  return std::sqrt(total_squared_norm(white) / static_cast<double>(white.numel())) / W.sigma;
}

}  // namespace restore
