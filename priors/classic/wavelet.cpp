// Coifman, Donoho 1995, "Translation-invariant de-noising",
// https://doi.org/10.1007/978-1-4612-2544-7_9
#include "priors/classic/wavelet.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "librestore/core/interrupt.h"
#include "priors/classic/mirror.h"
#include "priors/classic/opponent_colours.h"

namespace restore {
namespace {

constexpr int kLevels = 4;
constexpr double kThreshold = 2.7;  // in units of sigma
constexpr int kTaps = 4;

using Filter = std::array<double, kTaps>;

// h: the scaling filter of 4 taps; g_n = (-1)^n h_{3-n}.
const Filter& low() {
  static const double r = std::sqrt(3.0), s = 4 * std::sqrt(2.0);
  static const Filter h{(1 + r) / s, (3 + r) / s, (3 - r) / s, (1 - r) / s};
  return h;
}
const Filter& high() {
  static const Filter g{low()[3], -low()[2], low()[1], -low()[0]};
  return g;
}

// How far the levels from `level` on look, in pixels.
std::int64_t reach(int level) { return (kTaps - 1) * ((1 << kLevels) - (1 << level)); }

// a(k) = sum_n f_n x(k + n s) along `dim`, where all of x is there: shorter by 3 s.
torch::Tensor analyse(const torch::Tensor& x, int dim, const Filter& f, std::int64_t s) {
  const auto length = x.size(dim) - (kTaps - 1) * s;
  auto a = f[0] * x.narrow(dim, 0, length);
  for (int n = 1; n < kTaps; ++n) a.add_(x.narrow(dim, n * s, length), f[n]);
  return a;
}

// Its adjoint, x(k) = sum_n f_n a(k - n s), for k from 3 s on: shorter by 3 s.
torch::Tensor synthesise(const torch::Tensor& a, int dim, const Filter& f, std::int64_t s) {
  const auto length = a.size(dim) - (kTaps - 1) * s;
  auto x = f[0] * a.narrow(dim, (kTaps - 1) * s, length);
  for (int n = 1; n < kTaps; ++n) x.add_(a.narrow(dim, (kTaps - 1 - n) * s, length), f[n]);
  return x;
}

// Without `margin` pixels on every side.
torch::Tensor crop(const torch::Tensor& x, std::int64_t margin) {
  return x.narrow(2, margin, x.size(2) - 2 * margin).narrow(3, margin, x.size(3) - 2 * margin);
}

// `a`, the approximation at `level`, with the details from there on thresholded at t; smaller by
// reach(level) on every side.
torch::Tensor shrink(const torch::Tensor& a, int level, double t) {
  if (level == kLevels) return a;
  throw_if_interrupted();
  const std::int64_t s = 1 << level;
  torch::Tensor sum;
  for (const auto* across : {&low(), &high()}) {
    const auto rows = analyse(a, 3, *across, s);
    torch::Tensor columns;
    for (const auto* down : {&low(), &high()}) {
      const bool details = across == &high() || down == &high();
      auto band = analyse(rows, 2, *down, s);
      if (details) {
        band = crop(band, reach(level + 1));
        band = band * (band.abs() > t);
      } else {
        band = shrink(band, level + 1, t);
      }
      const auto part = synthesise(band, 2, *down, s);
      columns = columns.defined() ? columns.add_(part) : part;
    }
    const auto part = synthesise(columns, 3, *across, s);
    sum = sum.defined() ? sum.add_(part) : part;
  }
  // The filters of one level make twice the identity in each direction.
  return sum.div_(4);
}

}  // namespace

const Parameters<WaveletOptions>& Wavelet::parameters() {
  static const Parameters<WaveletOptions> table{
      {{"strength", "", 0, 100, "how much more is cut than for the best PSNR on photographs"},
       &WaveletOptions::strength},
  };
  return table;
}

torch::Tensor Wavelet::denoise(const torch::Tensor& x, double sigma) const {
  const double t = kThreshold * options_.strength * sigma;
  if (t == 0) return x.clone();
  return from_opponent(shrink(mirror_pad(to_opponent(x), reach(0)), 0, t));
}

std::optional<int> Wavelet::receptive_field() const { return static_cast<int>(reach(0)); }

std::string Wavelet::name() const {
  return options_.strength == 1 ? "wavelet" : fmt::format("wavelet:{:g}", options_.strength);
}

}  // namespace restore
