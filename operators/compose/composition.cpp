#include "operators/compose/composition.h"

#include <ranges>

namespace restore {

torch::Tensor Composition::do_adjoint(const torch::Tensor& y) const {
  auto z = y;
  for (const auto& A : operators_ | std::views::reverse) z = A->adjoint(z);
  return z;
}

double Composition::norm() const {
  return input_shape().numel() <= kSmallPicture ? LinearOperator::norm() : Joined::norm();
}

}  // namespace restore
