// Terris, Moreau, Pustelnik, Tachella 2024, "Equivariant plug-and-play image reconstruction",
// https://arxiv.org/abs/2312.01831
#include "priors/equivariant.h"

#include <ATen/ops/replication_pad2d.h>

namespace restore {

torch::Tensor Equivariant::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x.clone();
  // Turned or not, the grid that D starts from has to lie on the same pixels, in a tile as in the
  // whole.
  const auto rest = [&](int dimension) {
    const auto size = x.size(dimension);
    return (alignment() - size % alignment()) % alignment();
  };
  const auto grid = at::replication_pad2d(x, {0, rest(3), 0, rest(2)});
  auto sum = torch::zeros_like(grid);
  for (const bool flip : {false, true}) {
    for (int turns = 0; turns < 4; ++turns) {
      // g: a flip of the rows, then quarter turns; g^-1 undoes them in the other order.
      const auto turned = (flip ? grid.flip(2) : grid).rot90(turns, {2, 3}).contiguous();
      const auto back = inner()->denoise(turned, sigma).rot90(-turns, {2, 3});
      sum.add_(flip ? back.flip(2) : back);
    }
  }
  return sum.div_(8).narrow(2, 0, x.size(2)).narrow(3, 0, x.size(3)).contiguous();
}

}  // namespace restore
