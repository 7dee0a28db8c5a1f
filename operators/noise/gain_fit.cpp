#include "operators/noise/gain_fit.h"

#include <algorithm>

#include "operators/noise/patch_covariance.h"

namespace restore {
namespace {

constexpr std::int64_t kPatchesForFit = 120000;
constexpr std::int64_t kMostGroups = 12, kLeastGroups = 4;
// So many patches for every number in one make a group's covariance.
constexpr std::int64_t kGroupPerNumber = 40;
constexpr int kRounds = 4;
constexpr int kFits = 6;
constexpr double kTexture =
    0.1;  // above the line by this part of it: half of it is taken for texture

// Weighted sums of the line's normal equations.
double weighted(const torch::Tensor& w, const torch::Tensor& a, const torch::Tensor& b) {
  return (w * a * b).sum().item<double>();
}

// Below this gain the curve is straight to rounding: f(y) = y / read up to a constant.
constexpr double kStraight = 1e-7;

torch::Tensor stabilised(const torch::Tensor& x, const GainFit& fit) {
  if (fit.gain < kStraight) return x / fit.read;
  const double offset = 0.375 * fit.gain * fit.gain + fit.read * fit.read;
  return 2 / fit.gain * (fit.gain * x + offset).clamp_min(0).sqrt();
}

}  // namespace

GainFit fit_line(const torch::Tensor& grey, const torch::Tensor& variance) {
  const auto one = torch::ones_like(grey);
  const auto& m = grey;
  const auto v = variance.clamp_min(1e-14);
  auto w = 1 / v.square();
  double gain = 0, read2 = 0;
  for (int i = 0; i < kFits; ++i) {
    const double mm = weighted(w, m, m), m1 = weighted(w, m, one), ww = weighted(w, one, one);
    const double mv = weighted(w, m, v), v1 = weighted(w, one, v);
    const double determinant = mm * ww - m1 * m1;
    gain = determinant > 0 ? (mv * ww - m1 * v1) / determinant : 0;
    read2 = (v1 - gain * m1) / ww;
    // The least squares of a line that is nowhere negative.
    if (gain < 0) {
      gain = 0;
      read2 = v1 / ww;
    }
    if (read2 < 0) {
      read2 = 0;
      gain = mm > 0 ? mv / mm : 0;
    }
    const auto line = (gain * m + read2).clamp_min(1e-14);
    const auto above = ((v - line) / (kTexture * line)).clamp_min(1);
    w = 1 / (line * above).square();
  }
  return {gain, std::sqrt(read2)};
}

GainFit fit_gain(const torch::Tensor& x) {
  const auto d = patch_side(x, kLeastGroups * kGroupPerNumber);
  const auto numbers = x.size(1) * d * d;
  const auto patches = patches_of(x, d, kPatchesForFit);
  const auto usable = unclipped(patches, kLeastGroups * kGroupPerNumber * numbers);
  const auto grey = patches.index_select(0, usable).mean(1);
  const auto order = usable.index_select(0, grey.argsort());
  const auto count =
      std::clamp(usable.numel() / (kGroupPerNumber * numbers), kLeastGroups, kMostGroups);
  const auto groups = order.tensor_split(count);
  auto greys = torch::empty({count}, torch::kFloat64), variances = torch::empty_like(greys);
  for (std::int64_t k = 0; k < count; ++k)
    greys[k] = patches.index_select(0, groups[k]).mean().to(torch::kFloat64);

  GainFit fit{0, 1};
  for (int round = 0; round < kRounds; ++round) {
    const auto line = fit.gain * greys + fit.read * fit.read;
    const auto flat = patches_of(stabilised(x, fit), d, kPatchesForFit);
    for (std::int64_t k = 0; k < count; ++k)
      variances[k] = line[k] * patch_noise_variance(flat.index_select(0, groups[k]));
    fit = fit_line(greys, variances);
    if (fit.gain < kStraight && fit.read < kStraight) break;  // a picture without noise
  }
  return fit;
}

}  // namespace restore
