#include "librestore/tile/windowed_denoiser.h"

#include <ATen/ATen.h>
#include <fmt/core.h>

#include "librestore/core/interrupt.h"

namespace restore {
namespace {

std::int64_t overlap_of(std::int64_t size) { return size / 4; }

// Where windows begin: at the frame's edges and evenly between.
std::vector<std::int64_t> window_starts(std::int64_t length, std::int64_t size) {
  if (length <= size) return {0};
  const auto step = size - overlap_of(size);
  const auto gaps = (length - size + step - 1) / step;
  std::vector<std::int64_t> starts;
  for (std::int64_t i = 0; i <= gaps; ++i)
    starts.push_back((i * (length - size) + gaps / 2) / gaps);
  return starts;
}

// m_w, the product of two ramps: 1 in the middle, falling over the overlap, nowhere 0.
torch::Tensor window_weight(const Window& w, std::int64_t size,
                            const torch::TensorOptions& options) {
  const auto ramp = [&](std::int64_t length) {
    const auto from_start =
        (torch::arange(length, options) + 0.5) / static_cast<double>(overlap_of(size));
    return at::minimum(from_start, from_start.flip(0)).clamp_max(1);
  };
  return ramp(w.height).unsqueeze(1) * ramp(w.width);
}

torch::Tensor total_weight(const std::vector<Window>& windows, std::int64_t size,
                           const torch::Tensor& x) {
  auto total = torch::zeros({1, 1, x.size(2), x.size(3)}, x.options());
  for (const auto& w : windows) cut(total, w) += window_weight(w, size, x.options());
  return total;
}

}  // namespace

std::vector<Window> plan_windows(std::int64_t height, std::int64_t width, std::int64_t size) {
  std::vector<Window> windows;
  for (const auto y : window_starts(height, size))
    for (const auto x : window_starts(width, size))
      windows.push_back({y, x, std::min(height, size), std::min(width, size)});
  return windows;
}

WindowedDenoiser::WindowedDenoiser(std::shared_ptr<const MmseDenoiser> inner, std::int64_t size)
    : MmseWrapper(std::move(inner)), size_(size) {}

torch::Tensor WindowedDenoiser::denoise(const torch::Tensor& x, double sigma) const {
  const auto windows = plan_windows(x.size(2), x.size(3), size_);
  if (windows.size() == 1) return inner()->denoise(x, sigma);
  if (sigma == 0) return x.clone();
  auto sum = torch::zeros(x.sizes(), x.options());
  for (const auto& w : windows) {
    throw_if_interrupted();
    cut(sum, w) +=
        window_weight(w, size_, x.options()) * inner()->denoise(cut(x, w).contiguous(), sigma);
  }
  return sum / total_weight(windows, size_, x);
}

Linearization WindowedDenoiser::linearize(const torch::Tensor& x, double sigma) const {
  const auto windows = plan_windows(x.size(2), x.size(3), size_);
  if (windows.size() == 1) return inner()->linearize(x, sigma);
  const auto kept = x.detach().clone();
  // J^T v = sum_w J_w^T (m_w v / sum m)
  const auto vjp = [inner = inner(), size = size_, kept, sigma, windows](const torch::Tensor& v) {
    const auto share = v / total_weight(windows, size, kept);
    auto sum = torch::zeros(kept.sizes(), kept.options());
    for (const auto& w : windows) {
      throw_if_interrupted();
      const auto linear = inner->linearize(cut(kept, w).contiguous(), sigma);
      cut(sum, w) += linear.vjp(window_weight(w, size, kept.options()) * cut(share, w));
    }
    return sum;
  };
  return {denoise(kept, sigma), vjp};
}

std::string WindowedDenoiser::remark(std::int64_t height, std::int64_t width) const {
  const auto windows = plan_windows(height, width, size_).size();
  if (windows == 1) return inner()->remark(height, width);
  return fmt::format("in {} overlapping windows of {} pixels, the size that the prior knows",
                     windows, size_);
}

}  // namespace restore
