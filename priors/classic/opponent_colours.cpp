#include "priors/classic/opponent_colours.h"

#include <cmath>

namespace restore {
namespace {

torch::Tensor orthonormal_rows(const torch::TensorOptions& options) {
  const double a = 1 / std::sqrt(3.0), b = 1 / std::sqrt(2.0), c = 1 / std::sqrt(6.0);
  return torch::tensor({a, a, a, b, 0.0, -b, c, -2 * c, c}, torch::kFloat64)
      .view({3, 3})
      .to(options);
}

}  // namespace

torch::Tensor to_opponent(const torch::Tensor& x) {
  if (x.size(1) != 3) return x;
  return torch::einsum("dc,nchw->ndhw", {orthonormal_rows(x.options()), x}).contiguous();
}

torch::Tensor from_opponent(const torch::Tensor& x) {
  if (x.size(1) != 3) return x;
  return torch::einsum("dc,ndhw->nchw", {orthonormal_rows(x.options()), x}).contiguous();
}

}  // namespace restore
