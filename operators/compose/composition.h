// A = A_n ... A_2 A_1: the scene passes through A_1 first.
#pragma once

#include "operators/compose/joined.h"

namespace restore {

// Numbers in a picture up to which bidiagonalisation costs little.
inline constexpr std::int64_t kSmallPicture = 1 << 15;

class Composition : public Joined<LinearOperator> {
 public:
  using Joined::Joined;

  // By bidiagonalisation on small pictures; beyond that the bound.
  double norm() const override;

 private:
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
};

}  // namespace restore
