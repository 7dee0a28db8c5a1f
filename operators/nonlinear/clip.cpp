#include "operators/nonlinear/clip.h"

#include "librestore/core/error.h"

namespace restore {

Clip::Clip(const Shape& shape, const ClipOptions& options) : Pointwise(shape), options_(options) {
  if (!(options.low < options.high))
    throw usage_error("clip: low must be below high, got {} and {}", options.low, options.high);
}

torch::Tensor Clip::do_apply(const torch::Tensor& x) const {
  return (options_.exposure * x).clamp(options_.low, options_.high);
}

torch::Tensor Clip::slope(const torch::Tensor& x) const {
  const auto z = options_.exposure * x;
  return options_.exposure *
         (z >= options_.low).logical_and(z <= options_.high).to(x.scalar_type());
}

torch::Tensor Clip::inverse(const torch::Tensor& y) const {
  return y.clamp(options_.low, options_.high) / options_.exposure;
}

}  // namespace restore
