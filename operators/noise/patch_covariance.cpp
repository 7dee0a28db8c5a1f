#include "operators/noise/patch_covariance.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace restore {
namespace {

constexpr std::int64_t kLargestSide = 8, kSmallestSide = 3;  // of a patch
constexpr std::int64_t kMostPatches = 200000;
// So many patches for every number in one make a covariance; small pictures have small patches.
constexpr std::int64_t kPatchesPerNumber = 20;
constexpr double kClippedShare = 1.0 / 16;

}  // namespace

std::int64_t patch_side(const torch::Tensor& x, std::int64_t per_number) {
  for (auto d = kLargestSide; d > kSmallestSide; --d) {
    const auto count = x.size(0) * (x.size(2) - d + 1) * (x.size(3) - d + 1);
    if (count >= per_number * d * d * x.size(1)) return d;
  }
  return kSmallestSide;
}

torch::Tensor patches_of(const torch::Tensor& x, std::int64_t d, std::int64_t most) {
  const auto places = static_cast<double>(x.size(0) * x.size(2) * x.size(3));
  const auto stride = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(std::sqrt(places / static_cast<double>(most)))));
  return x.unfold(2, d, stride)
      .unfold(3, d, stride)
      .permute({0, 2, 3, 1, 4, 5})
      .reshape({-1, x.size(1) * d * d});
}

torch::Tensor unclipped(const torch::Tensor& patches, std::int64_t least) {
  const auto clipped = patches.le(0).logical_or(patches.ge(1)).to(torch::kFloat32).mean(1);
  const auto index = clipped.lt(kClippedShare).nonzero().flatten();
  return index.numel() < least ? torch::arange(patches.size(0)) : index;
}

double patch_noise_variance(const torch::Tensor& patches) {
  const auto centred = patches - patches.mean(0, true);
  const auto covariance =
      (centred.t().mm(centred) / static_cast<double>(patches.size(0))).to(torch::kFloat64);
  const auto ascending = at::linalg_eigvalsh(covariance).clamp_min(0).contiguous();
  const auto* lambda = ascending.data_ptr<double>();
  double sum = ascending.sum().item<double>();
  for (auto count = ascending.numel(); count > 1; --count) {
    // The `count` smallest: their mean is their median once as many lie below as above.
    const double tau = sum / static_cast<double>(count);
    const auto below = std::upper_bound(lambda, lambda + count, tau) - lambda;
    if (2 * below <= count) return tau;
    sum -= lambda[count - 1];
  }
  return lambda[0];
}

double patch_covariance_sigma(const torch::Tensor& x) {
  const auto all = patches_of(x, patch_side(x, kPatchesPerNumber), kMostPatches);
  const auto usable = unclipped(all, kPatchesPerNumber * all.size(1));
  return std::sqrt(patch_noise_variance(all.index_select(0, usable)));
}

}  // namespace restore
