#include "operators/kernel/kernels.h"

#include <numbers>

namespace restore {
namespace {

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

// The smallest size of that parity whose outermost pixel centres lie at least `reach` from the
// middle.
std::int64_t size_for(double reach, SizeParity parity) {
  if (parity == SizeParity::odd) return 2 * static_cast<std::int64_t>(std::ceil(reach)) + 1;
  return 2 * static_cast<std::int64_t>(std::ceil(reach + 0.5));
}

// Only the pixels that a shape reaching `extent` from the middle can touch, by more than rounding.
std::int64_t covering_size(double extent, SizeParity parity) {
  return size_for(std::max(extent - 0.5 - 1e-9, 0.0), parity);
}

// Calls value(y, x) with the pixel centres measured from the middle, x to the right and y upwards.
template <typename Value>
torch::Tensor sampled(std::int64_t rows, std::int64_t columns, const Value& value) {
  auto kernel = torch::empty({rows, columns}, torch::kFloat64);
  double* out = kernel.data_ptr<double>();
  const double middle_y = static_cast<double>(rows - 1) / 2;
  const double middle_x = static_cast<double>(columns - 1) / 2;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      *out++ = value(middle_y - static_cast<double>(i), static_cast<double>(j) - middle_x);
  return kernel;
}

struct Interval {
  double from = 0, to = 0;
};

Interval intersection(const Interval& a, const Interval& b) {
  return {std::max(a.from, b.from), std::min(a.to, b.to)};
}

double length(const Interval& a) { return std::max(a.to - a.from, 0.0); }

// The area that a convex shape shares with the pixel centred at (y, x): exact along x, the midpoint
// rule along y. `cut(y)` is the shape's interval on a horizontal line.
template <typename Cut>
double shared_area(double y, double x, const Cut& cut) {
  constexpr int kLines = 64;  // leaves an error under 1e-3 in a pixel on the rim
  double area = 0;
  for (int line = 0; line < kLines; ++line)
    area += length(intersection(cut(y - 0.5 + (line + 0.5) / kLines), {x - 0.5, x + 0.5}));
  return area / kLines;
}

// |a x + b| <= half as an interval of x.
Interval slab(double a, double b, double half) {
  if (std::abs(a) < 1e-12)
    return std::abs(b) <= half ? Interval{-1e30, 1e30} : Interval{1e30, -1e30};
  const double middle = -b / a, reach = half / std::abs(a);
  return {middle - reach, middle + reach};
}

}  // namespace

torch::Tensor normalise_kernel(const torch::Tensor& kernel, const std::string& what) {
  const auto rows = kernel.size(0), columns = kernel.size(1);
  if (rows < 1 || columns < 1 || rows > kMaxKernelSide || columns > kMaxKernelSide)
    throw usage_error("{}: {}x{} is no size for a kernel; a side is 1 to {}", what, rows, columns,
                      kMaxKernelSide);
  const auto wide = kernel.to(torch::kFloat64).contiguous();
  if (!wide.isfinite().all().item<bool>())
    throw usage_error("{}: the kernel holds values that are not finite", what);
  const double sum = wide.sum().item<double>();
  // Under rounding of the summands, a quotient by the sum means nothing.
  if (std::abs(sum) <= 1e-12 * wide.abs().sum().item<double>())
    throw usage_error("{}: the kernel sums to 0 and cannot be normalised", what);
  return wide / sum;
}

torch::Tensor gaussian_kernel(double sx, double sy, double angle, std::int64_t size,
                              SizeParity parity) {
  if (size == 0) size = size_for(4 * std::max(sx, sy), parity);
  const double c = std::cos(radians(angle)), s = std::sin(radians(angle));
  const auto kernel = sampled(size, size, [&](double y, double x) {
    // d in the axes of the ellipse: R(angle)^T d
    const double u = (c * x + s * y) / sx, v = (-s * x + c * y) / sy;
    return std::exp(-0.5 * (u * u + v * v));
  });
  return normalise_kernel(kernel, "gaussian");
}

torch::Tensor motion_kernel(double length, double angle, SizeParity parity) {
  const double c = std::cos(radians(angle)), s = std::sin(radians(angle));
  // The rectangle |c x + s y| <= length/2, |-s x + c y| <= 1/2 on the line of height y.
  const auto cut = [&](double y) {
    return intersection(slab(c, s * y, length / 2), slab(-s, c * y, 0.5));
  };
  const double across = (length * std::abs(c) + std::abs(s)) / 2;
  const double up = (length * std::abs(s) + std::abs(c)) / 2;
  const auto kernel = sampled(covering_size(up, parity), covering_size(across, parity),
                              [&](double y, double x) { return shared_area(y, x, cut); });
  return normalise_kernel(kernel, "motion");
}

torch::Tensor disk_kernel(double radius, SizeParity parity) {
  const auto cut = [&](double y) {
    const double square = radius * radius - y * y;
    const double half = square > 0 ? std::sqrt(square) : 0;
    return Interval{-half, half};
  };
  const auto size = covering_size(radius, parity);
  const auto kernel =
      sampled(size, size, [&](double y, double x) { return shared_area(y, x, cut); });
  return normalise_kernel(kernel, "disk");
}

torch::Tensor box_kernel(std::int64_t size) {
  return normalise_kernel(torch::ones({size, size}, torch::kFloat64), "box");
}

}  // namespace restore
