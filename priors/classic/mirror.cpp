#include "priors/classic/mirror.h"

namespace restore {
namespace {

// The pixels of -margin..size + margin - 1: ... 1 0 | 0 1 ... size-1 | size-1 ...
torch::Tensor mirrored(std::int64_t size, std::int64_t margin) {
  const auto i = torch::arange(-margin, size + margin, torch::kInt64).remainder(2 * size);
  return torch::minimum(i, 2 * size - 1 - i);
}

torch::Tensor mirror_along(const torch::Tensor& x, int dim, std::int64_t margin) {
  const auto size = x.size(dim);
  if (margin > size) return x.index_select(dim, mirrored(size, margin));
  // Rows whole, and only the margins by their indices.
  return torch::cat(
      {x.narrow(dim, 0, margin).flip(dim), x, x.narrow(dim, size - margin, margin).flip(dim)}, dim);
}

}  // namespace

torch::Tensor mirror_pad(const torch::Tensor& x, std::int64_t margin) {
  return mirror_along(mirror_along(x, 2, margin), 3, margin);
}

}  // namespace restore
