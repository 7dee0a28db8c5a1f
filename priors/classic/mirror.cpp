#include "priors/classic/mirror.h"

namespace restore {
namespace {

// The pixels of -margin..size + margin - 1: ... 1 0 | 0 1 ... size-1 | size-1 ...
torch::Tensor mirrored(std::int64_t size, std::int64_t margin) {
  const auto i = torch::arange(-margin, size + margin, torch::kInt64).remainder(2 * size);
  return torch::minimum(i, 2 * size - 1 - i);
}

}  // namespace

torch::Tensor mirror_pad(const torch::Tensor& x, std::int64_t margin) {
  return x.index_select(2, mirrored(x.size(2), margin))
      .index_select(3, mirrored(x.size(3), margin));
}

}  // namespace restore
