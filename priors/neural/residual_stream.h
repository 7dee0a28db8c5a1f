// What the blocks of the network add to: in the type of the picture, and beside it its rounding,
// which the convolutions see. An addition makes both in one pass.
#pragma once

#include <torch/types.h>

namespace restore {

class ResidualStream {
 public:
  // x: N x C x H x W, changed in place where no gradients are wanted. `rounding`: of x, where it is
  // at hand.
  explicit ResidualStream(torch::Tensor x, torch::Tensor rounding = {})
      : x_(std::move(x)), rounding_(std::move(rounding)) {}

  const torch::Tensor& x() const { return x_; }
  // x rounded to `type`, x itself where it has that type. Valid until the next addition.
  const torch::Tensor& in(torch::ScalarType type);
  // x += h
  void add(const torch::Tensor& h);

 private:
  torch::Tensor x_, rounding_;
};

}  // namespace restore
