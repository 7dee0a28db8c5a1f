// Coifman, Donoho 1995, "Translation-invariant de-noising",
// https://doi.org/10.1007/978-1-4612-2544-7_9
#include "priors/classic/wavelet.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "priors/classic/mirror.h"
#include "priors/classic/opponent_colours.h"
#include "priors/classic/wavelet_kernels.h"

namespace restore {
namespace {

constexpr int kLevels = 4;
constexpr double kThreshold = 2.7;  // in units of sigma
constexpr std::int64_t kValuesPerTask = 1 << 16;

// How far the levels from `level` on look, in pixels.
std::int64_t reach(int level) { return (wavelet::kTaps - 1) * ((1 << kLevels) - (1 << level)); }

// Contiguous planes, P x H x W.
template <typename T>
struct Planes {
  torch::Tensor values;

  Planes(const torch::Tensor& like, std::int64_t height, std::int64_t width)
      : values(torch::empty({like.size(0), height, width}, like.options())) {}
  explicit Planes(torch::Tensor x) : values(std::move(x)) {}
  std::int64_t height() const { return values.size(1); }
  std::int64_t width() const { return values.size(2); }
  T* row(std::int64_t plane, std::int64_t i) const {
    return values.data_ptr<T>() + (plane * height() + i) * width();
  }
};

// body(plane, i, scratch) for every row of every plane, with so many values to work with.
template <typename T, typename Body>
void for_rows(const Planes<T>& planes, std::int64_t scratch_size, const Body& body) {
  const auto height = planes.height();
  const auto grain = std::max<std::int64_t>(1, kValuesPerTask / planes.width());
  parallel_ranges(planes.values.size(0) * height, grain, [&](std::int64_t begin, std::int64_t end) {
    std::vector<T> scratch(scratch_size);
    for (auto row = begin; row < end; ++row) body(row / height, row % height, scratch.data());
  });
}

// `a`, the approximation at `level`, with the details from there on thresholded at t; smaller by
// reach(level) on every side.
template <typename T>
Planes<T> shrink(Planes<T> a, int level, T t) {
  if (level == kLevels) return a;
  throw_if_interrupted();
  // Taps lie s apart, so that a filtered row is 3 s shorter. Details are wanted where the next
  // levels' result will be: without a margin of their reach.
  const std::int64_t s = 1 << level, margin = reach(level + 1);
  const auto height = a.height() - (wavelet::kTaps - 1) * s;
  const auto width = a.width() - (wavelet::kTaps - 1) * s;
  const auto inner_height = height - 2 * margin, inner_width = width - 2 * margin;

  Planes<T> approximation(a.values, height, width);
  Planes<T> low_high(a.values, inner_height, inner_width);  // low along rows, high along columns
  Planes<T> high_low(a.values, inner_height, inner_width);
  Planes<T> high_high(a.values, inner_height, inner_width);
  {
    Planes<T> low(a.values, a.height(), width), high(a.values, a.height(), width);
    for_rows(low, 0, [&](std::int64_t plane, std::int64_t i, T*) {
      wavelet::analyse(a.row(plane, i), s, width, low.row(plane, i), high.row(plane, i));
    });
    for_rows(approximation, 2 * width, [&](std::int64_t plane, std::int64_t i, T* scratch) {
      wavelet::analyse(low.row(plane, i), s * width, width, approximation.row(plane, i), scratch);
      const auto inner = i - margin;
      if (inner < 0 || inner >= inner_height) return;
      wavelet::shrink(scratch + margin, t, inner_width, low_high.row(plane, inner));
      wavelet::analyse(high.row(plane, i) + margin, s * width, inner_width, scratch,
                       scratch + width);
      wavelet::shrink(scratch, t, inner_width, high_low.row(plane, inner));
      wavelet::shrink(scratch + width, t, inner_width, high_high.row(plane, inner));
    });
  }
  a.values.reset();
  const auto low_low = shrink(std::move(approximation), level + 1, t);

  Planes<T> sum(low_low.values, inner_height - (wavelet::kTaps - 1) * s,
                inner_width - (wavelet::kTaps - 1) * s);
  for_rows(sum, 2 * inner_width, [&](std::int64_t plane, std::int64_t i, T* low) {
    T* const high = low + inner_width;
    wavelet::synthesise(low_low.row(plane, i), low_high.row(plane, i), s * inner_width, inner_width,
                        low);
    wavelet::synthesise(high_low.row(plane, i), high_high.row(plane, i), s * inner_width,
                        inner_width, high);
    wavelet::synthesise(low, high, s, sum.width(), sum.row(plane, i));
  });
  return sum;
}

template <typename T>
torch::Tensor shrink_picture(const torch::Tensor& x, double t) {
  Planes<T> padded(mirror_pad(to_opponent(x), reach(0)).flatten(0, 1));
  return from_opponent(shrink(std::move(padded), 0, static_cast<T>(t)).values.view_as(x));
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
  if (x.scalar_type() == torch::kFloat64) return shrink_picture<double>(x, t);
  return shrink_picture<float>(x.to(torch::kFloat32), t).to(x.scalar_type());
}

std::optional<int> Wavelet::receptive_field() const { return static_cast<int>(reach(0)); }

std::string Wavelet::name() const {
  return options_.strength == 1 ? "wavelet" : fmt::format("wavelet:{:g}", options_.strength);
}

}  // namespace restore
