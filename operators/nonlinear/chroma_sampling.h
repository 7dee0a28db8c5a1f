// JPEG's chroma planes: smaller by 1 or 2 along each axis, and large again.
//
// Down: means of 2 values. Up: 3/4 of the nearer and 1/4 of the next one, the triangle that
// decoders take ("fancy upsampling" in libjpeg). Both are linear; their transposes are beside them.
#pragma once

#include <torch/types.h>

namespace restore {

struct ChromaSampling {
  std::int64_t vertical = 1, horizontal = 1;  // 1 or 2

  // ... x H x W, H and W multiples of the factors -> ... x H / vertical x W / horizontal.
  torch::Tensor down(const torch::Tensor& x) const;
  torch::Tensor down_transposed(const torch::Tensor& c) const;
  // ... x h x w -> ... x vertical h x horizontal w; the ends are repeated.
  torch::Tensor up(const torch::Tensor& c) const;
  torch::Tensor up_transposed(const torch::Tensor& x) const;

  bool is_full() const { return vertical == 1 && horizontal == 1; }
};

}  // namespace restore
