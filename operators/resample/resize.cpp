#include "operators/resample/resize.h"

#include <cmath>

namespace restore {
namespace {

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

}  // namespace

double keys_cubic(double t) {
  constexpr double a = -0.5;
  t = std::abs(t);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  return 0;
}

BandedMatrix bicubic_downsampling(std::int64_t n, std::int64_t factor) {
  const auto s = static_cast<double>(factor);
  return resampling(n, n / factor, s, s, 2, keys_cubic);
}

BandedMatrix area_downsampling(std::int64_t n, std::int64_t factor) {
  const auto s = static_cast<double>(factor);
  return resampling(n, n / factor, s, s, 0.5, [](double) { return 1.0; });
}

BandedMatrix bicubic_upsampling(std::int64_t n, std::int64_t factor) {
  return resampling(n, n * factor, 1 / static_cast<double>(factor), 1, 2, keys_cubic);
}

}  // namespace restore
