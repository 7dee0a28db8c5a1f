#include "operators/resample/affine.h"

#include <array>
#include <cmath>
#include <numbers>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "operators/numeric/keys_cubic.h"

namespace restore {
namespace {

constexpr std::int64_t kRowsPerTask = 32;

// The four pixels around a coordinate, the first of them and their weights.
struct Taps {
  std::int64_t first;
  std::array<double, 4> weights;

  explicit Taps(double at) {
    const double floor = std::floor(at), t = at - floor;
    first = std::llround(floor) - 1;
    weights = {keys_cubic(t + 1), keys_cubic(t), keys_cubic(1 - t), keys_cubic(2 - t)};
  }
};

// An axis of n pixels extended so far that taps at from .. to exist, also where rounding has put
// them a little further out: a turn by 180 degrees leads exactly to where a pixel begins.
AxisExtension reaching(Boundary boundary, std::int64_t n, double from, double to) {
  const auto before = std::max<std::int64_t>(-(std::llround(std::floor(from)) - 2), 0);
  const auto after = std::max<std::int64_t>(std::llround(std::floor(to)) + 4 - n, 0);
  return extend_axis(boundary, n, before, after);
}

}  // namespace

Affine::Affine(const Shape& shape, const AffineMotion& motion, Boundary boundary)
    : LinearOperator(shape, shape) {
  if (boundary == Boundary::valid)
    throw usage_error("boundary valid does not go with a turned frame; use another one, and crop");
  if (!(motion.scale > 0) || !(motion.aspect > 0))
    throw usage_error("scale and aspect must be above 0");
  const double radians = motion.angle * std::numbers::pi / 180;
  const double c = std::cos(radians), s = std::sin(radians);
  // M in axes x to the right and y down, where a counter-clockwise turn is [c s; -s c].
  const double a = motion.scale * motion.aspect, b = motion.scale;
  const double m00 = a * c, m01 = b * (c * motion.shear + s);
  const double m10 = -a * s, m11 = b * (-s * motion.shear + c);
  const double determinant = m00 * m11 - m01 * m10;
  // q = c + M^-1 (p - c - d)
  xj_ = m11 / determinant;
  xi_ = -m01 / determinant;
  yj_ = -m10 / determinant;
  yi_ = m00 / determinant;
  const double cx = static_cast<double>(shape.width - 1) / 2;
  const double cy = static_cast<double>(shape.height - 1) / 2;
  x0_ = cx - xj_ * (cx + motion.dx) - xi_ * (cy + motion.dy);
  y0_ = cy - yj_ * (cx + motion.dx) - yi_ * (cy + motion.dy);
  // The corners reach furthest.
  const double h = static_cast<double>(shape.height - 1), w = static_cast<double>(shape.width - 1);
  const auto [x_from, x_to] = std::minmax({0.0, xi_ * h, xj_ * w, xi_ * h + xj_ * w});
  const auto [y_from, y_to] = std::minmax({0.0, yi_ * h, yj_ * w, yi_ * h + yj_ * w});
  rows_ = reaching(boundary, shape.height, y0_ + y_from, y0_ + y_to);
  columns_ = reaching(boundary, shape.width, x0_ + x_from, x0_ + x_to);
  x0_ += static_cast<double>(columns_.before);
  y0_ += static_cast<double>(rows_.before);
  if (shape.channels > 1)
    plane_ = std::make_shared<Affine>(Shape{1, shape.height, shape.width}, motion, boundary);
}

double Affine::norm() const { return plane_ ? plane_->norm() : LinearOperator::norm(); }

torch::Tensor Affine::do_apply(const torch::Tensor& x) const {
  const auto in = x.contiguous();
  auto y = torch::empty_like(in);
  const std::int64_t height = x.size(2), width = x.size(3);
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "affine", [&] {
    const auto* source = in.template data_ptr<scalar_t>();
    auto* out = y.template data_ptr<scalar_t>();
    parallel_ranges(
        x.size(0) * x.size(1) * height, kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t row = begin; row < end; ++row) {
            const auto* plane = source + row / height * height * width;
            const auto i = static_cast<double>(row % height);
            for (std::int64_t j = 0; j < width; ++j) {
              const auto column = static_cast<double>(j);
              const Taps down(y0_ + yi_ * i + yj_ * column), across(x0_ + xi_ * i + xj_ * column);
              double sum = 0;
              for (std::size_t a = 0; a < 4; ++a) {
                const auto* line =
                    plane + rows_.source[static_cast<std::size_t>(down.first) + a] * width;
                double part = 0;
                for (std::size_t b = 0; b < 4; ++b)
                  part += across.weights[b] *
                          line[columns_.source[static_cast<std::size_t>(across.first) + b]];
                sum += down.weights[a] * part;
              }
              out[row * width + j] = static_cast<scalar_t>(sum);
            }
          }
        });
  });
  return y;
}

torch::Tensor Affine::do_adjoint(const torch::Tensor& y) const {
  const auto in = y.contiguous();
  const std::int64_t height = y.size(2), width = y.size(3);
  const auto tall = static_cast<std::int64_t>(rows_.source.size());
  const auto wide = static_cast<std::int64_t>(columns_.source.size());
  auto spread = torch::zeros({y.size(0), y.size(1), tall, wide}, y.options());
  const std::int64_t bands = (tall + kRowsPerTask - 1) / kRowsPerTask;
  AT_DISPATCH_FLOATING_TYPES(y.scalar_type(), "affine_adjoint", [&] {
    const auto* source = in.template data_ptr<scalar_t>();
    auto* out = spread.template data_ptr<scalar_t>();
    parallel_ranges(y.size(0) * y.size(1) * bands, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const auto* plane = source + task / bands * height * width;
        auto* target = out + task / bands * tall * wide;
        const std::int64_t from = task % bands * kRowsPerTask;
        const std::int64_t to = std::min(from + kRowsPerTask, tall);
        for (std::int64_t i = 0; i < height; ++i) {
          const auto row = static_cast<double>(i);
          const auto [first, last] = columns_meeting(row, from, to, width);
          for (std::int64_t j = first; j < last; ++j) {
            const auto column = static_cast<double>(j);
            const Taps down(y0_ + yi_ * row + yj_ * column);
            const Taps across(x0_ + xi_ * row + xj_ * column);
            const double value = plane[i * width + j];
            for (std::int64_t a = 0; a < 4; ++a) {
              if (down.first + a < from || down.first + a >= to) continue;
              auto* line = target + (down.first + a) * wide + across.first;
              const double weight = down.weights[static_cast<std::size_t>(a)] * value;
              for (std::size_t b = 0; b < 4; ++b)
                line[b] += static_cast<scalar_t>(weight * across.weights[b]);
            }
          }
        }
      }
    });
  });
  return fold(std::move(spread), rows_, columns_);
}

// The pixels j of row i of y whose taps may lie in rows [from, to) of the extended scene: a range,
// for the height that they show is linear in j.
std::pair<std::int64_t, std::int64_t> Affine::columns_meeting(double i, std::int64_t from,
                                                              std::int64_t to,
                                                              std::int64_t width) const {
  const double start = y0_ + yi_ * i;
  const double low = static_cast<double>(from) - 3 - start,
               high = static_cast<double>(to) + 2 - start;
  if (std::abs(yj_) < 1e-9) {
    const double slack = 1e-9 * static_cast<double>(width);
    return low - slack <= 0 && 0 <= high + slack ? std::pair{std::int64_t{0}, width}
                                                 : std::pair{std::int64_t{0}, std::int64_t{0}};
  }
  const auto [a, b] = std::minmax({low / yj_, high / yj_});
  const auto w = static_cast<double>(width);
  return {std::llround(std::clamp(std::floor(a), 0.0, w)),
          std::llround(std::clamp(std::ceil(b) + 1, 0.0, w))};
}

}  // namespace restore
