// Terris, Moreau, Pustelnik, Tachella 2024, "Equivariant plug-and-play image reconstruction",
// https://arxiv.org/abs/2312.01831
#include "priors/equivariant.h"

namespace restore {

torch::Tensor Equivariant::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x.clone();
  auto sum = torch::zeros_like(x);
  for (const bool flip : {false, true}) {
    for (int turns = 0; turns < 4; ++turns) {
      // g: a flip of the rows, then quarter turns; g^-1 undoes them in the other order.
      const auto turned = (flip ? x.flip(2) : x).rot90(turns, {2, 3}).contiguous();
      const auto back = inner_->denoise(turned, sigma).rot90(-turns, {2, 3});
      sum.add_(flip ? back.flip(2) : back);
    }
  }
  return sum.div_(8);
}

}  // namespace restore
