#include "operators/compose/identity.h"

namespace restore {

torch::Tensor Identity::singular_values() const {
  return torch::ones(input_shape().batch(1), torch::kFloat64);
}

torch::Tensor Identity::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return y.clone();
}

torch::Tensor Identity::do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const {
  // x = (y + rho v) / (1 + rho)
  return (y + rho * v) / (1 + rho);
}

}  // namespace restore
