#include "operators/sampling/mask_patterns.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "librestore/core/rng.h"
#include "librestore/model/random.h"

namespace restore {
namespace {

struct Point {
  double x = 0, y = 0;
};

Point mean(const Point& a, const Point& b, double t) {
  return {(1 - t) * a.x + t * b.x, (1 - t) * a.y + t * b.y};
}

// True for the pixels whose centres lie within `radius` of the point.
void stamp(torch::TensorAccessor<bool, 2>& missing, const Point& at, double radius) {
  const auto from = [&](double middle) {
    return std::max<std::int64_t>(std::llround(std::floor(middle - radius)), 0);
  };
  const auto to = [&](double middle, std::int64_t n) {
    return std::min<std::int64_t>(std::llround(std::ceil(middle + radius)) + 1, n);
  };
  for (std::int64_t i = from(at.y); i < to(at.y, missing.size(0)); ++i)
    for (std::int64_t j = from(at.x); j < to(at.x, missing.size(1)); ++j)
      if (std::hypot(static_cast<double>(i) - at.y, static_cast<double>(j) - at.x) <= radius)
        missing[i][j] = true;
}

}  // namespace

torch::Tensor random_missing(const Shape& shape, double fraction, std::uint64_t seed) {
  Rng rng(seed);
  return rand(rng, {1, shape.height, shape.width}) < fraction;
}

torch::Tensor box_missing(const Shape& shape, const Window& box) {
  auto missing = torch::zeros({1, 1, shape.height, shape.width}, torch::kBool);
  const auto y0 = std::clamp<std::int64_t>(box.y0, 0, shape.height);
  const auto x0 = std::clamp<std::int64_t>(box.x0, 0, shape.width);
  const auto y1 = std::clamp<std::int64_t>(box.y0 + box.height, y0, shape.height);
  const auto x1 = std::clamp<std::int64_t>(box.x0 + box.width, x0, shape.width);
  missing.slice(2, y0, y1).slice(3, x0, x1).fill_(true);
  return missing;
}

torch::Tensor checker_missing(const Shape& shape, std::int64_t size) {
  const auto square = [size](std::int64_t n) {
    return torch::div(torch::arange(n), size, "floor");
  };
  const auto squares = square(shape.height).unsqueeze(1) + square(shape.width).unsqueeze(0);
  return squares.remainder(2).eq(1).unsqueeze(0).unsqueeze(0);
}

torch::Tensor scratches_missing(const Shape& shape, std::int64_t count, std::uint64_t seed) {
  auto missing = torch::zeros({1, 1, shape.height, shape.width}, torch::kBool);
  const auto plane = missing[0][0];
  auto pixels = plane.accessor<bool, 2>();
  const auto height = static_cast<double>(shape.height), width = static_cast<double>(shape.width);
  const double diagonal = std::hypot(height, width), megapixels = height * width / 1e6;
  Rng rng(seed);
  for (std::int64_t scratch = 0; scratch < count; ++scratch) {
    const Point middle{rng.uniform() * width, rng.uniform() * height};
    const double angle = std::numbers::pi * rng.uniform();
    const double reach = diagonal * (0.1 + 0.4 * rng.uniform());
    const double bend = 0.3 * reach * (rng.uniform() - 0.5);
    const double radius = (0.5 + rng.uniform()) * std::max(1.0, std::sqrt(megapixels));
    const double c = std::cos(angle), s = std::sin(angle);
    // A quadratic Bezier curve, by de Casteljau's construction.
    const Point from{middle.x - reach * c, middle.y - reach * s};
    const Point to{middle.x + reach * c, middle.y + reach * s};
    const Point control{middle.x - bend * s, middle.y + bend * c};
    const double steps = std::ceil(4 * reach);
    for (double step = 0; step <= steps; ++step) {
      const double t = step / steps;
      stamp(pixels, mean(mean(from, control, t), mean(control, to, t), t), radius);
    }
  }
  return missing;
}

}  // namespace restore
