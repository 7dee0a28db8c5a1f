#include "operators/resample/resize.h"

#include <cmath>
#include <numbers>

#include "operators/numeric/keys_cubic.h"

namespace restore {
namespace {

// Of a product of a whole number and a factor.
constexpr double kResizeTolerance = 1e-9;

// `samples` samples `spacing` pixels apart; `filter` is 0 beyond `support` and is stretched by
// `stretch`.
template <typename Filter>
BandedMatrix resampling(std::int64_t n, std::int64_t samples, double spacing, double stretch,
                        double support, const Filter& filter) {
  std::vector<BandedRow> rows(static_cast<std::size_t>(samples));
  for (std::int64_t i = 0; i < samples; ++i) {
    // Pixel j covers [j, j + 1]; its centre is j + 1/2.
    const double centre = (static_cast<double>(i) + 0.5) * spacing;
    const double reach = support * stretch;
    const auto from = std::max<std::int64_t>(std::llround(std::floor(centre - reach + 0.5)), 0);
    const auto to = std::min<std::int64_t>(std::llround(std::floor(centre + reach + 0.5)), n);
    auto& row = rows[static_cast<std::size_t>(i)];
    row.first = from;
    double sum = 0;
    for (std::int64_t j = from; j < to; ++j) {
      row.weights.push_back(filter((static_cast<double>(j) + 0.5 - centre) / stretch));
      sum += row.weights.back();
    }
    for (double& weight : row.weights) weight /= sum;
  }
  return {std::move(rows), n};
}

// Row i averages the axis from i s to (i + 1) s.
BandedMatrix averaging(std::int64_t n, double s) {
  std::vector<BandedRow> rows(static_cast<std::size_t>(samples_of(n, s)));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double from = static_cast<double>(i) * s, to = from + s;
    rows[i].first = std::llround(std::floor(from + kResizeTolerance));
    for (auto j = rows[i].first; static_cast<double>(j) < to - kResizeTolerance && j < n; ++j)
      rows[i].weights.push_back(
          (std::min(to, static_cast<double>(j + 1)) - std::max(from, static_cast<double>(j))) / s);
  }
  return {std::move(rows), n};
}

double sinc(double t) {
  const double x = std::numbers::pi * t;
  return std::abs(x) < 1e-9 ? 1 : std::sin(x) / x;
}

double lanczos(double t) { return std::abs(t) < 3 ? sinc(t) * sinc(t / 3) : 0; }

}  // namespace

std::int64_t samples_of(std::int64_t n, double factor) {
  return std::llround(std::floor(static_cast<double>(n) / factor + kResizeTolerance));
}

std::int64_t pixels_of(std::int64_t samples, double factor) {
  return std::llround(std::ceil(static_cast<double>(samples) * factor - kResizeTolerance));
}

BandedMatrix downsampling(std::int64_t n, double factor, ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::bicubic:
      return resampling(n, samples_of(n, factor), factor, factor, 2, keys_cubic);
    case ResizeFilter::lanczos:
      return resampling(n, samples_of(n, factor), factor, factor, 3, lanczos);
    case ResizeFilter::point:
      return resampling(n, samples_of(n, factor), factor, 1, 2, keys_cubic);
    case ResizeFilter::area:
      break;
  }
  return averaging(n, factor);
}

BandedMatrix bicubic_upsampling(std::int64_t n, double factor) {
  const auto samples = std::llround(std::floor(static_cast<double>(n) * factor + kResizeTolerance));
  return resampling(n, samples, 1 / factor, 1, 2, keys_cubic);
}

}  // namespace restore
