#include "operators/sampling/mask.h"

#include "librestore/core/error.h"
#include "operators/sampling/smooth_fill.h"

namespace restore {

Mask::Mask(const Shape& shape, const torch::Tensor& missing)
    : PartialIsometry(shape, shape), missing_(missing.to(torch::kBool).contiguous()) {
  if (missing_.size(2) != shape.height || missing_.size(3) != shape.width)
    throw usage_error("the mask is {}x{}, the picture {}x{} (width x height)", missing_.size(3),
                      missing_.size(2), shape.width, shape.height);
  if (missing_.size(1) != 1 && missing_.size(1) != shape.channels)
    throw usage_error("the mask has {} channels, the picture {}", missing_.size(1), shape.channels);
  if (missing_.all().item<bool>()) throw usage_error("the mask leaves no pixel to see");
}

torch::Tensor Mask::do_apply(const torch::Tensor& x) const { return x.masked_fill(missing_, 0); }

torch::Tensor Mask::do_adjoint(const torch::Tensor& y) const { return do_apply(y); }

torch::Tensor Mask::do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const {
  return torch::where(missing_, v, (y + rho * v) / (1 + rho));
}

torch::Tensor Mask::singular_values() const {
  return missing_.logical_not().to(torch::kFloat64).expand(input_shape().batch(1));
}

torch::Tensor Mask::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return smooth_fill(y, missing_);
}

}  // namespace restore
