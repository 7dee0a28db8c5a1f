#include "operators/kernel/kernels.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "librestore/core/rng.h"
#include "operators/numeric/keys_cubic.h"

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

torch::Tensor airy_kernel(double radius, SizeParity parity) {
  constexpr double kFirstZero = 3.8317059702075125, kFifthZero = 16.470630050877634;  // of J1
  constexpr int kPoints = 8;  // along each side of a pixel
  const auto intensity = [&](double y, double x) {
    const double u = kFirstZero * std::hypot(x, y) / radius;
    if (u < 1e-6) return 1.0;
    const double amplitude = 2 * std::cyl_bessel_j(1.0, u) / u;
    return u < kFifthZero ? amplitude * amplitude : 0.0;
  };
  const auto size = covering_size(radius * kFifthZero / kFirstZero, parity);
  const auto kernel = sampled(size, size, [&](double y, double x) {
    double sum = 0;
    for (int i = 0; i < kPoints; ++i)
      for (int j = 0; j < kPoints; ++j)
        sum += intensity(y + (i + 0.5) / kPoints - 0.5, x + (j + 0.5) / kPoints - 0.5);
    return sum;
  });
  return normalise_kernel(kernel, "airy");
}

torch::Tensor walk_kernel(double length, std::uint64_t seed, double bend, SizeParity parity) {
  constexpr double kStep = 0.125;  // pixels
  Rng rng(seed);
  double angle = 2 * std::numbers::pi * rng.uniform();
  const auto steps = static_cast<std::size_t>(std::ceil(length / kStep));
  // Uniform turns of variance kStep bend^2.
  const double turn = radians(bend) * std::sqrt(12 * kStep);
  std::vector<double> xs{0}, ys{0};
  for (std::size_t i = 0; i < steps; ++i) {
    angle += turn * (rng.uniform() - 0.5);
    xs.push_back(xs.back() + kStep * std::cos(angle));
    ys.push_back(ys.back() + kStep * std::sin(angle));
  }
  const auto centre = [](std::vector<double>& path) {
    const double mean = std::reduce(path.begin(), path.end()) / static_cast<double>(path.size());
    double reach = 0;
    for (double& at : path) reach = std::max(reach, std::abs(at -= mean));
    return reach;
  };
  // A point is a square of one pixel: it shares its area with the four pixels around it.
  const auto rows = covering_size(centre(ys) + 0.5, parity);
  const auto columns = covering_size(centre(xs) + 0.5, parity);
  return normalise_kernel(sampled(rows, columns,
                                  [&](double y, double x) {
                                    double area = 0;
                                    for (std::size_t i = 0; i < xs.size(); ++i)
                                      area += std::max(1 - std::abs(x - xs[i]), 0.0) *
                                              std::max(1 - std::abs(y - ys[i]), 0.0);
                                    return area;
                                  }),
                          "walk");
}

torch::Tensor shift_kernel(double dx, double dy) {
  // y(i, j) = sum_{a,b} k(a, b) x(i - a + c, j - b + c') is x(i - dy, j - dx) interpolated.
  const auto size = [](double d) {
    return 2 * static_cast<std::int64_t>(std::ceil(std::abs(d))) + 3;
  };
  return sampled(size(dy), size(dx),
                 [&](double up, double x) { return keys_cubic(-up - dy) * keys_cubic(x - dx); });
}

torch::Tensor box_kernel(std::int64_t size) {
  return normalise_kernel(torch::ones({size, size}, torch::kFloat64), "box");
}

}  // namespace restore
