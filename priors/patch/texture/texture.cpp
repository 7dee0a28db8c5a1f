// Kamb, Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models",
// https://arxiv.org/abs/2412.20292
#include "priors/patch/texture/texture.h"

#include <array>
#include <cmath>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "priors/patch/texture/window_search.h"

namespace restore {
namespace {

constexpr int kSide = WindowSearch::kSide;
constexpr double kRatio = 0.75;  // of a scale to the next finer one
// px, the exemplar's shorter side at the coarsest scale: two windows and a bit.
constexpr std::int64_t kCoarsest = 16;
constexpr double kAlpha = 3e-4;  // of a value, [0,1]^2
constexpr double kReach = 1;     // px, the Gaussian g
// Steps at the coarsest scales, where what is where is settled; at those after them; at the last.
constexpr int kLayoutScales = 4, kLayoutSteps = 8, kSteps = 4, kLastSteps = 2;
// Pictures up to so many pixels are matched at every window, larger ones at every second each way.
constexpr std::int64_t kDense = 100 * 100;

std::vector<double> scales_for(const torch::Tensor& exemplar) {
  const auto shorter = static_cast<double>(std::min(exemplar.size(2), exemplar.size(3)));
  std::vector<double> scales{1};
  while (scales.front() * kRatio * shorter >= kCoarsest)
    scales.insert(scales.begin(), scales.front() * kRatio);
  return scales;
}

int steps_at(std::size_t scale, std::size_t scales) {
  if (scale < kLayoutScales) return kLayoutSteps;
  return scale + 1 < scales ? kSteps : kLastSteps;
}

std::int64_t scaled(std::int64_t length, double factor) {
  return std::llround(static_cast<double>(length) * factor);
}

torch::Tensor shrunk(const torch::Tensor& x, double factor) {
  if (factor == 1) return x;
  return at::_upsample_bilinear2d_aa(x, {scaled(x.size(2), factor), scaled(x.size(3), factor)},
                                     false);
}

// Windows drawn at random, side by side: what a denoiser that sees a window alone draws from noise.
torch::Tensor random_windows(const torch::Tensor& exemplar, std::int64_t h, std::int64_t w,
                             Rng& rng) {
  auto x = torch::empty({1, exemplar.size(1), h, w});
  for (std::int64_t y = 0; y < h; y += kSide)
    for (std::int64_t z = 0; z < w; z += kSide) {
      const auto v = static_cast<std::int64_t>(rng.below(exemplar.size(2) - kSide + 1));
      const auto u = static_cast<std::int64_t>(rng.below(exemplar.size(3) - kSide + 1));
      const auto rows = std::min<std::int64_t>(kSide, h - y),
                 columns = std::min<std::int64_t>(kSide, w - z);
      x.narrow(2, y, rows)
          .narrow(3, z, columns)
          .copy_(exemplar.narrow(2, v, rows).narrow(3, u, columns));
    }
  return x;
}

std::array<double, kSide * kSide> gaussian_weights() {
  std::array<double, kSide * kSide> g{};
  for (int i = 0; i < kSide; ++i)
    for (int j = 0; j < kSide; ++j)
      g[i * kSide + j] = std::exp(-(std::pow(i - kSide / 2, 2) + std::pow(j - kSide / 2, 2)) /
                                  (2 * kReach * kReach));
  return g;
}

// x[q] = sum_W g_W P_W[q] / sum_W g_W
torch::Tensor vote(const torch::Tensor& exemplar, const std::vector<WindowPlace>& windows,
                   const std::vector<WindowPlace>& matches, std::int64_t h, std::int64_t w) {
  static const auto g = gaussian_weights();
  const auto C = exemplar.size(1), H = exemplar.size(2), W = exemplar.size(3);
  const auto source = exemplar.contiguous();
  auto sums = torch::zeros({C + 1, h, w}, torch::kFloat64);  // the last plane: of g
  const float* from = source.data_ptr<float>();
  double* to = sums.data_ptr<double>();
  for (std::size_t k = 0; k < windows.size(); ++k)
    for (int i = 0; i < kSide; ++i)
      for (int j = 0; j < kSide; ++j) {
        const auto q = (windows[k].y + i) * w + windows[k].x + j;
        const auto p = (matches[k].y + i) * W + matches[k].x + j;
        const double weight = g[i * kSide + j];
        for (std::int64_t c = 0; c < C; ++c) to[c * h * w + q] += weight * from[c * H * W + p];
        to[C * h * w + q] += weight;
      }
  return (sums.narrow(0, 0, C) / sums.narrow(0, C, 1)).to(torch::kFloat32).unsqueeze(0);
}

// The n-th value of a channel in rising order becomes the exemplar's at the same fraction of the
// way.
torch::Tensor with_histogram(const torch::Tensor& x, const torch::Tensor& exemplar) {
  const auto values = std::get<0>(exemplar[0].flatten(1).sort(1));
  // Stable: equal values keep their order, whatever the number of threads.
  const auto order = std::get<1>(x[0].flatten(1).sort(c10::optional<bool>(true), 1));
  const auto n = order.size(1), m = values.size(1);
  const auto ranks = ((2 * torch::arange(n, torch::kInt64) + 1) * m).div(2 * n, "floor");
  return torch::empty_like(x)
      .flatten(2)
      .scatter(2, order.unsqueeze(0), values.index_select(1, ranks).unsqueeze(0))
      .view(x.sizes());
}

}  // namespace

void check_texture(const torch::Tensor& exemplar) {
  const auto H = exemplar.size(2), W = exemplar.size(3);
  if (std::min(H, W) < kLeastTexture || std::max(H, W) > kLargestTexture)
    throw usage_error(
        "a texture of {} x {} pixels: from {} to {} a side can be continued; cut or shrink it", W,
        H, kLeastTexture, kLargestTexture);
}

Result synthesise_texture(const torch::Tensor& exemplar, std::int64_t height, std::int64_t width,
                          Rng& rng, Observer* observer) {
  check_texture(exemplar);
  const auto scales = scales_for(exemplar);
  // Room for two windows at the coarsest scale; what is too much is cut off.
  const auto least = static_cast<std::int64_t>(std::ceil(2 * kSide / scales.front()));
  const auto H = std::max(height, least), W = std::max(width, least);
  int total = 0;
  for (std::size_t l = 0; l < scales.size(); ++l) total += steps_at(l, scales.size());
  torch::Tensor x;
  int done = 0;
  for (std::size_t l = 0; l < scales.size(); ++l) {
    const auto from = shrunk(exemplar, scales[l]);
    const auto h = scaled(H, scales[l]), w = scaled(W, scales[l]);
    x = x.defined() ? at::upsample_bicubic2d(x, {h, w}, false) : random_windows(from, h, w, rng);
    const WindowSearch search(from);
    const auto windows = windows_of(h, w, h * w > kDense ? 2 : 1);
    const double alpha = kAlpha * static_cast<double>(exemplar.size(1) * kSide * kSide);
    for (int step = 0; step < steps_at(l, scales.size()); ++step) {
      throw_if_interrupted();
      x = with_histogram(vote(from, windows, search.matches(x, windows, alpha), h, w), from);
      ++done;
      if (observer) observer->step({.iteration = done, .iterations = total});
    }
  }
  Result result;
  result.estimate =
      x.narrow(2, (H - height) / 2, height).narrow(3, (W - width) / 2, width).contiguous();
  result.summary.message = fmt::format("texture: {} scales", scales.size());
  result.summary.iterations = result.summary.denoiser_calls = total;
  return result;
}

}  // namespace restore
