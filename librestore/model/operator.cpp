#include "librestore/model/operator.h"

#include "librestore/core/error.h"

namespace restore {

void check_shape(const torch::Tensor& x, const Shape& shape, const char* what) {
  if (x.dim() == 4 && shape_of(x) == shape) return;
  std::string sizes;
  for (const auto size : x.sizes()) sizes += fmt::format("{}{}", sizes.empty() ? "" : "x", size);
  throw usage_error("{}: expected a batch of {} (channels x height x width), got {}", what,
                    shape.to_string(), sizes);
}

torch::Tensor Operator::apply(const torch::Tensor& x) const {
  check_shape(x, input_shape_, "operator input");
  return do_apply(x);
}

torch::Tensor Operator::vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  check_shape(x, input_shape_, "operator input");
  check_shape(v, output_shape_, "operator output");
  return do_vjp(x, v);
}

}  // namespace restore
