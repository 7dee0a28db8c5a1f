// Buades, Coll, Morel 2005, "A non-local algorithm for image denoising",
// https://doi.org/10.1109/CVPR.2005.38
#include "priors/classic/nonlocal_means.h"

#include <ATen/ops/avg_pool2d.h>
#include <fmt/format.h>

#include "librestore/core/interrupt.h"
#include "priors/classic/mirror.h"

namespace restore {
namespace {

constexpr std::int64_t kSearch = 10;  // the search window is 2 kSearch + 1 pixels wide
constexpr std::int64_t kPatch = 2;    // the patch 2 kPatch + 1
constexpr double kFiltering = 0.5;    // h in units of sigma

}  // namespace

const Parameters<NonlocalMeansOptions>& NonlocalMeans::parameters() {
  static const Parameters<NonlocalMeansOptions> table{
      {{"strength", "", 0, 100, "how much less alike patches may be"},
       &NonlocalMeansOptions::strength},
  };
  return table;
}

torch::Tensor NonlocalMeans::denoise(const torch::Tensor& x, double sigma) const {
  const double h = kFiltering * options_.strength * sigma;
  if (h == 0) return x.clone();
  const auto height = x.size(2), width = x.size(3);
  const auto padded = mirror_pad(x, kSearch + kPatch);
  // The picture moved by (dy, dx), with `margin` more on every side.
  const auto moved = [&](std::int64_t dy, std::int64_t dx, std::int64_t margin) {
    const auto corner = kSearch + kPatch - margin;
    return padded.narrow(2, corner + dy, height + 2 * margin)
        .narrow(3, corner + dx, width + 2 * margin);
  };
  const auto here = moved(0, 0, kPatch).contiguous();
  auto sum = torch::zeros_like(x);
  auto total = torch::zeros({x.size(0), 1, height, width}, x.options());
  auto largest = torch::zeros_like(total);
  for (std::int64_t dy = -kSearch; dy <= kSearch; ++dy) {
    throw_if_interrupted();
    for (std::int64_t dx = -kSearch; dx <= kSearch; ++dx) {
      if (dy == 0 && dx == 0) continue;
      // d2(i, j), j = i + (dy, dx)
      const auto squares = (moved(dy, dx, kPatch) - here).square_().mean(1, true);
      const auto d2 = at::avg_pool2d(squares, 2 * kPatch + 1, 1);
      // w = exp(-max(d2 - 2 sigma^2, 0) / h^2)
      const auto w = (d2 - 2 * sigma * sigma).clamp_min_(0).mul_(-1 / (h * h)).exp_();
      sum.addcmul_(w, moved(dy, dx, 0));
      total.add_(w);
      largest = torch::maximum(largest, w);
    }
  }
  // Where nothing is alike the pixel keeps its value.
  largest.clamp_min_(1e-30);
  return (sum + largest * x) / (total + largest);
}

std::optional<int> NonlocalMeans::receptive_field() const { return kSearch + kPatch; }

std::string NonlocalMeans::name() const {
  return options_.strength == 1 ? "nlm" : fmt::format("nlm:{:g}", options_.strength);
}

}  // namespace restore
