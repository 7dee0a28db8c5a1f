#include "operators/convolution/varying_blur.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "operators/convolution/convolution.h"
#include "operators/numeric/dual_prox.h"
#include "operators/numeric/fourier.h"
#include "operators/numeric/planes.h"

namespace restore {
namespace {

// Positions [from, from + count) of an extended axis.
AxisExtension part_of(const AxisExtension& axis, std::int64_t from, std::int64_t count) {
  return {axis.size,
          axis.before - from,
          {axis.source.begin() + from, axis.source.begin() + from + count}};
}

// The smallest rectangle outside of which the weight is 0.
Window support_of(const torch::Tensor& weight) {
  const auto range = [](const torch::Tensor& any) {
    const auto at = any.nonzero().flatten();
    if (at.numel() == 0) return std::pair<std::int64_t, std::int64_t>{0, 0};
    return std::pair{at[0].item<std::int64_t>(), at[-1].item<std::int64_t>() + 1};
  };
  const auto nonzero = weight.ne(0);
  const auto [y0, y1] = range(nonzero.any(1));
  const auto [x0, x1] = range(nonzero.any(0));
  return {y0, x0, y1 - y0, x1 - x0};
}

// Hat functions around the middles of n equal pieces of an axis: n x length.
torch::Tensor hats(std::int64_t n, std::int64_t length) {
  const auto position = ((torch::arange(length, torch::kFloat64) + 0.5) * static_cast<double>(n) /
                             static_cast<double>(length) -
                         0.5)
                            .clamp(0, static_cast<double>(n - 1));
  return (1 - (position.unsqueeze(0) - torch::arange(n, torch::kFloat64).unsqueeze(1)).abs())
      .clamp_min(0);
}

}  // namespace

VaryingBlur::VaryingBlur(const std::vector<BlurTerm>& terms, const Shape& scene, Boundary boundary)
    : LinearOperator(scene, measured_shape(terms.front().kernel, scene, boundary)) {
  const std::int64_t kh = terms.front().kernel.size(0), kw = terms.front().kernel.size(1);
  const Shape& seen = output_shape();
  rows_ = scene_axis(boundary, scene.height, kh);
  columns_ = scene_axis(boundary, scene.width, kw);
  const bool valid = boundary == Boundary::valid;
  seen_ = {valid ? kh - 1 - kh / 2 : 0, valid ? kw - 1 - kw / 2 : 0, seen.height, seen.width};
  for (const auto& [kernel, weight] : terms) {
    if (kernel.size(0) != kh || kernel.size(1) != kw || weight.size(0) != seen.height ||
        weight.size(1) != seen.width)
      throw usage_error("a kernel of {}x{} and a weight of {}x{} where {}x{} and {}x{} are wanted",
                        kernel.size(0), kernel.size(1), weight.size(0), weight.size(1), kh, kw,
                        seen.height, seen.width);
    const Window window = support_of(weight);
    if (window.height == 0) continue;
    // As in operators/convolution/convolution.cpp, on the window alone.
    terms_.push_back(
        {window, PerType([part = cut(weight, window).contiguous()] { return part; }),
         Correlation(kernel.flip({0, 1}).contiguous(),
                     part_of(rows_, window.y0, window.height + kh - 1),
                     part_of(columns_, window.x0, window.width + kw - 1)),
         Correlation(kernel.contiguous(), extend_with_zeros(window.height, kh - 1, kh - 1),
                     extend_with_zeros(window.width, kw - 1, kw - 1))});
  }
  grid_height_ = fast_length(scene.height);
  grid_width_ = fast_length(scene.width);
  power_ = PerType([terms, height = grid_height_, width = grid_width_] {
    torch::Tensor sum;
    for (const auto& [kernel, weight] : terms) {
      const auto power = transfer_function(kernel, height, width).abs().square() * weight.mean();
      sum = sum.defined() ? sum + power : power;
    }
    return sum;
  });
}

LinearMap VaryingBlur::prox_preconditioner(double rho) const {
  return [this, rho](const torch::Tensor& r) {
    return toeplitz_preconditioner(power_.in(r.scalar_type()), grid_height_, grid_width_, rho)(r);
  };
}

torch::Tensor VaryingBlur::do_apply(const torch::Tensor& x) const {
  auto y = torch::zeros(output_shape().batch(x.size(0)), x.options());
  const auto from = planes_of(x), to = planes_of(y);
  for_planes(x, [&](std::int64_t first, std::int64_t count) {
    for (const auto& term : terms_)
      cut(to.narrow(1, first, count), term.window)
          .addcmul_(term.forward(from.narrow(1, first, count)), term.weight.in(x.scalar_type()));
  });
  return y;
}

torch::Tensor VaryingBlur::do_adjoint(const torch::Tensor& y) const {
  return by_planes(
      y, input_shape().height, input_shape().width, [this](const torch::Tensor& planes) {
        auto spread = torch::zeros(
            {planes.size(0), planes.size(1), static_cast<std::int64_t>(rows_.source.size()),
             static_cast<std::int64_t>(columns_.source.size())},
            planes.options());
        for (const auto& term : terms_) {
          const auto part =
              term.backward(cut(planes, term.window) * term.weight.in(planes.scalar_type()));
          cut(spread, {term.window.y0, term.window.x0, part.size(2), part.size(3)}).add_(part);
        }
        return fold(std::move(spread), rows_, columns_);
      });
}

torch::Tensor VaryingBlur::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  const std::int64_t bottom = input_shape().height - seen_.y0 - seen_.height;
  const std::int64_t right = input_shape().width - seen_.x0 - seen_.width;
  return at::replication_pad2d(y, {seen_.x0, right, seen_.y0, bottom});
}

Window VaryingBlur::scene_window(const Window& seen) const {
  return {seen.y0 + seen_.y0, seen.x0 + seen_.x0, seen.height, seen.width};
}

std::vector<torch::Tensor> tile_weights(std::int64_t rows, std::int64_t columns,
                                        std::int64_t height, std::int64_t width) {
  const auto down = hats(rows, height), across = hats(columns, width);
  std::vector<torch::Tensor> weights;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      weights.push_back(down[r].unsqueeze(1) * across[c].unsqueeze(0));
  return weights;
}

torch::Tensor radial_weight(std::int64_t height, std::int64_t width) {
  const auto square = [](std::int64_t n) {
    return (torch::arange(n, torch::kFloat64) - static_cast<double>(n - 1) / 2).square();
  };
  const auto distance = square(height).unsqueeze(1) + square(width).unsqueeze(0);
  return distance / distance.max().clamp_min(1);
}

torch::Tensor pad_kernel(const torch::Tensor& kernel, std::int64_t rows, std::int64_t columns) {
  const auto top = rows / 2 - kernel.size(0) / 2, left = columns / 2 - kernel.size(1) / 2;
  return at::constant_pad_nd(
      kernel, {left, columns - left - kernel.size(1), top, rows - top - kernel.size(0)});
}

std::vector<torch::Tensor> pad_alike(std::vector<torch::Tensor> kernels) {
  // Odd sides have as much room before the centre as after it; one more holds any even kernel, too.
  std::int64_t rows = 1, columns = 1;
  for (const auto& kernel : kernels) {
    rows = std::max(rows, kernel.size(0) / 2 * 2 + 1);
    columns = std::max(columns, kernel.size(1) / 2 * 2 + 1);
  }
  for (auto& kernel : kernels) kernel = pad_kernel(kernel, rows, columns);
  return kernels;
}

}  // namespace restore
