#include "priors/patch/scale.h"

#include <ATen/ATen.h>

namespace restore {

int reduction_for(double sigma) {
  constexpr double kFineNoise = 0.2;  // the most that is left to the windows of one scale
  int f = 1;
  while (sigma / f > kFineNoise) f *= 2;
  return f;
}

torch::Tensor reduce(const torch::Tensor& x, int f) {
  if (f == 1) return x;
  const auto missing = [f](std::int64_t size) { return (f - size % f) % f; };
  // Replication takes any width, one pixel at a time or all at once.
  const auto padded = at::replication_pad2d(x, {0, missing(x.size(3)), 0, missing(x.size(2))});
  return at::avg_pool2d(padded, {f, f});
}

torch::Tensor enlarge(const torch::Tensor& x, int f, std::int64_t height, std::int64_t width) {
  if (f == 1) return x;
  const auto out = at::upsample_bilinear2d(x, {f * x.size(2), f * x.size(3)}, false);
  return out.slice(2, 0, height).slice(3, 0, width).contiguous();
}

}  // namespace restore
