#include "priors/patch/self.h"

#include "librestore/core/error.h"
#include "librestore/model/linear_operator.h"
#include "priors/patch/completion.h"

namespace restore {

std::shared_ptr<const Denoiser> SelfPrior::of(const Measurement& measurement) {
  const auto& A = measurement.linear("prior 'self'");
  const auto& y = measurement.y;
  const auto& shape = A.input_shape();
  const auto ones = torch::ones({1, shape.channels, shape.height, shape.width}, y.options());
  const auto known = A.adjoint(A.apply(ones)).amin(1, true) > 0.5;
  if (known.all().item<bool>())
    throw usage_error("prior 'self' fills holes, and this measurement has none; use another prior");
  return std::make_shared<PatchCompletion>(known);
}

torch::Tensor SelfPrior::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x;
  throw usage_error("prior 'self' is made of a picture with holes; restore-inpaint has one");
}

}  // namespace restore
