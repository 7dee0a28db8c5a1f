#include "operators/sampling/smooth_fill.h"

#include <ATen/ATen.h>

namespace restore {
namespace {

// The mean of 2 x 2 pixels, of what there is of them at an odd end.
torch::Tensor halve(const torch::Tensor& x) {
  return at::avg_pool2d(x, {2, 2}, {2, 2}, {0, 0}, /*ceil_mode=*/true,
                        /*count_include_pad=*/false);
}

// `sum` holds weight * value, `weight` lies in [0, 1]; returns the value everywhere.
torch::Tensor pull_push(const torch::Tensor& sum, const torch::Tensor& weight) {
  const std::int64_t height = sum.size(2), width = sum.size(3);
  if (height == 1 && width == 1) return sum / weight.clamp_min(1e-30);
  // Pull: four children of full weight make a parent of full weight, one child makes as much.
  const auto coarse_weight = halve(weight), coarse_sum = halve(sum);
  const auto saturation = (coarse_weight * 4).clamp_max(1) / coarse_weight.clamp_min(1e-30);
  const auto coarse = pull_push(coarse_sum * saturation, coarse_weight * saturation);
  // Push: x = sum + (1 - weight) * coarse.
  const auto smooth = at::upsample_bilinear2d(coarse, {height, width}, /*align_corners=*/false);
  return sum + (1 - weight) * smooth;
}

}  // namespace

torch::Tensor smooth_fill(const torch::Tensor& x, const torch::Tensor& missing) {
  const auto weight = missing.logical_not().to(x.scalar_type());
  const auto known = x.masked_fill(missing, 0);
  // A copy of the known pixels, not their sum with 0 times something: they stay bit for bit.
  return torch::where(missing, pull_push(known, weight), x);
}

}  // namespace restore
