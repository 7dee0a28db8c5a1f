#include "operators/nonlinear/response.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

// y = a x up to x = toe, scale x^p - offset above it, and straight on above 1.
ResponseCurve power_with_toe(double p, double toe, double a, double scale, double offset) {
  const double end = scale * p;  // the slope at 1
  ResponseCurve curve;
  curve.value = [=](const torch::Tensor& x) {
    const auto power = scale * x.clamp(toe, 1).pow(p) - offset;
    return torch::where(x <= toe, a * x, power + end * (x - 1).clamp_min(0));
  };
  curve.slope = [=](const torch::Tensor& x) {
    const auto power = scale * p * x.clamp(toe, 1).pow(p - 1);
    return torch::where(x <= toe, torch::full_like(x, a), power);
  };
  curve.inverse = [=](const torch::Tensor& y) {
    const auto power = ((y.clamp_max(1) + offset) / scale).clamp_min(0).pow(1 / p);
    return torch::where(y <= a * toe, y / a, power + (y - 1).clamp_min(0) / end);
  };
  curve.steepest = std::max({a, scale * p * std::pow(toe, p - 1), end});
  return curve;
}

}  // namespace

ResponseCurve ResponseCurve::gamma(double g) {
  return power_with_toe(1 / g, kToe, std::pow(kToe, 1 / g - 1), 1, 0);
}

ResponseCurve ResponseCurve::srgb() {
  return power_with_toe(1 / 2.4, 0.0031308, 12.92, 1.055, 0.055);
}

ResponseCurve ResponseCurve::table(const torch::Tensor& values) {
  const auto y = values.to(torch::kFloat64).flatten().contiguous();
  const auto n = y.numel() - 1;
  if (n < 1 || !(y.diff() > 0).all().item<bool>())
    throw usage_error("a response is at least 2 values that rise");
  const auto rise = (y.diff() * static_cast<double>(n)).contiguous();  // of each piece
  const auto at = [](const torch::Tensor& table, const torch::Tensor& index) {
    return table.index_select(0, index.flatten()).view(index.sizes());
  };
  // The piece that holds x; the ends go on.
  const auto piece_of = [n](const torch::Tensor& x) {
    return (x * static_cast<double>(n))
        .floor()
        .clamp(0, static_cast<double>(n - 1))
        .to(torch::kLong);
  };
  ResponseCurve curve;
  curve.value = [=](const torch::Tensor& x) {
    const auto i = piece_of(x);
    const auto left = i.to(torch::kFloat64) / static_cast<double>(n);
    return (at(y, i) + at(rise, i) * (x - left)).to(x.scalar_type());
  };
  curve.slope = [=](const torch::Tensor& x) { return at(rise, piece_of(x)).to(x.scalar_type()); };
  curve.inverse = [=](const torch::Tensor& v) {
    const auto wide = v.to(torch::kFloat64).contiguous();
    const auto i = (at::searchsorted(y, wide, false, true) - 1).clamp(0, n - 1);
    const auto left = i.to(torch::kFloat64) / static_cast<double>(n);
    return (left + (wide - at(y, i)) / at(rise, i)).to(v.scalar_type());
  };
  curve.steepest = rise.max().item<double>();
  return curve;
}

}  // namespace restore
