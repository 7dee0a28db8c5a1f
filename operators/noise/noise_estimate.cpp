#include "operators/noise/noise_estimate.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "operators/convolution/correlation.h"

namespace restore {
namespace {

constexpr std::int64_t kBlock = 8;  // side of a block of detail coefficients
constexpr double kRank = 0.05;      // of the blocks, from the calmest
constexpr double kClippedShare = 1.0 / 16;

// The high-pass filter of Daubechies 1988 with 4 vanishing moments.
constexpr double kDetail[] = {-0.23037781330885523,  0.7148465705525415,   -0.6308807679295904,
                              -0.02798376941698385,  0.18703481171888114,  0.030841381835986965,
                              -0.032883011666982945, -0.010597401784997278};
constexpr std::int64_t kTaps = 8;

// Keeps every second row and column of the pixels whose filter lies inside the frame.
torch::Tensor diagonal_detail(const torch::Tensor& x) {
  auto filter = torch::empty({kTaps}, torch::kFloat64);
  std::copy(std::begin(kDetail), std::end(kDetail), filter.data_ptr<double>());
  const Correlation detail(filter.unsqueeze(1) * filter.unsqueeze(0),
                           extend_with_zeros(x.size(2), 0, 0), extend_with_zeros(x.size(3), 0, 0));
  return detail(x).slice(2, 0, {}, 2).slice(3, 0, {}, 2);
}

// Means over blocks, of all channels together: N x C x H x W -> (N * blocks).
torch::Tensor block_means(const torch::Tensor& x, std::int64_t side) {
  return at::avg_pool2d(x.mean(1, /*keepdim=*/true), {side, side}).flatten();
}

// z with P(N(0,1) < z) = p.
double normal_quantile(double p) {
  double low = -10, high = 10;
  for (int i = 0; i < 60; ++i) {
    const double z = (low + high) / 2;
    (std::erfc(-z / std::sqrt(2)) / 2 < p ? low : high) = z;
  }
  return low;
}

// The p-quantile of a chi-square variable over its degrees of freedom d, by the cube-root
// approximation of Wilson, Hilferty 1931 (good to 1e-3 for the 64 and more that a block has).
double mean_square_quantile(double p, double d) {
  const double v = 2 / (9 * d);
  return std::pow(1 - v + normal_quantile(p) * std::sqrt(v), 3);
}

}  // namespace

double estimate_sigma(const torch::Tensor& x) {
  if (x.size(2) < kSmallestForNoise || x.size(3) < kSmallestForNoise)
    throw usage_error("a picture of {}x{} is too small to tell its noise; give it as a number",
                      x.size(3), x.size(2));
  auto energy = block_means(diagonal_detail(x).square(), kBlock).to(torch::kFloat64);
  // A block of detail sees a square of 2 * kBlock pixels (and the filter's tails).
  const auto clipped = (x <= 0).logical_or(x >= 1).to(x.scalar_type());
  const auto seen = clipped.slice(2, 0, x.size(2) - kTaps + 2).slice(3, 0, x.size(3) - kTaps + 2);
  const auto usable = block_means(seen, 2 * kBlock) < kClippedShare;
  if (usable.any().item<bool>()) energy = energy.masked_select(usable);

  const auto sorted = std::get<0>(energy.sort());
  const auto count = sorted.numel();
  const auto rank = static_cast<std::int64_t>(kRank * static_cast<double>(count));
  const double p = (static_cast<double>(rank) + 0.5) / static_cast<double>(count);
  const double white = mean_square_quantile(p, static_cast<double>(kBlock * kBlock * x.size(1)));
  return std::sqrt(sorted[rank].item<double>() / white);
}

}  // namespace restore
