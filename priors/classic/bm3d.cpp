// Dabov, Foi, Katkovnik, Egiazarian 2007, "Image denoising by sparse 3-D transform-domain
// collaborative filtering", https://doi.org/10.1109/TIP.2007.901238
#include "priors/classic/bm3d.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <vector>

#include <Eigen/Dense>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "priors/classic/bm3d_kernels.h"
#include "priors/classic/mirror.h"
#include "priors/classic/opponent_colours.h"

namespace restore {
namespace {

using bm3d::kPatch, bm3d::kSide, bm3d::Stack;

constexpr int kPace = 3;     // of reference patches
constexpr int kSearch = 19;  // the search window is 2 kSearch + 1 positions wide
constexpr double kHardThreshold = 2.7;
// Above this noise more distant patches count as alike.
constexpr double kHighNoise = 35.0 / 255;

struct PictureView {
  const float* data;
  std::int64_t channels, height, width;
  const float* at(std::int64_t c, std::int64_t y, std::int64_t x) const {
    return data + (c * height + y) * width + x;
  }
};

PictureView view_of(const torch::Tensor& x) {
  return {x.data_ptr<float>(), x.size(0), x.size(1), x.size(2)};
}

using Matrix = Eigen::Matrix<double, kSide, kSide>;

// The transform whose coefficients are these rows, made norm 1, and its inverse.
struct TransformPair {
  explicit TransformPair(const Matrix& rows) {
    const Matrix M = rows.rowwise().normalized(), inverted = M.inverse();
    for (int i = 0; i < kSide; ++i)
      for (int j = 0; j < kSide; ++j) {
        const int at = i * kSide + j, across = j * kSide + i;
        forward.rows[at] = forward.columns[across] = static_cast<float>(M(i, j));
        inverse.rows[at] = inverse.columns[across] = static_cast<float>(inverted(i, j));
      }
  }
  bm3d::Transform forward, inverse;
};

Matrix cosine_rows() {
  Matrix M;
  for (int k = 0; k < kSide; ++k)
    for (int i = 0; i < kSide; ++i) M(k, i) = std::cos(std::numbers::pi * (i + 0.5) * k / kSide);
  return M;
}

// The periodic biorthogonal 1.5 wavelet down to the mean: Cohen, Daubechies, Feauveau 1992,
// https://doi.org/10.1002/cpa.3160450502.
Matrix wavelet_rows() {
  constexpr std::array kLow = {3, -3, -22, 22, 128, 128, 22, -22, -3, 3};
  Matrix M = Matrix::Identity();
  for (int n = kSide; n > 1; n /= 2) {
    const Matrix fine = M;
    for (int k = 0; k < n / 2; ++k) {
      M.row(k).setZero();
      for (int t = 0; t < 10; ++t) M.row(k) += kLow[t] * fine.row((2 * k + t - 4 + 2 * n) % n);
      M.row(n / 2 + k) = fine.row(2 * k) - fine.row(2 * k + 1);
    }
  }
  return M;
}

// Kaiser window of parameter 2, as a patch.
std::array<float, kPatch> kaiser_window() {
  std::array<float, kPatch> window;
  const auto weight = [](int i) {
    const double t = 2.0 * i / (kSide - 1) - 1;
    return std::cyl_bessel_i(0, 2 * std::sqrt(1 - t * t)) / std::cyl_bessel_i(0, 2.0);
  };
  for (int i = 0; i < kPatch; ++i)
    window[i] = static_cast<float>(weight(i / kSide) * weight(i % kSide));
  return window;
}

struct Position {
  std::int64_t y, x;
};

struct Step {
  std::size_t most;  // patches in a stack, a power of 2
  float tau;         // mean squared distance in brightness, [0,1]^2
};

// A plane on which patches are compared, with room for what bm3d::squared_distances reads past its
// end.
class SearchPlane {
 public:
  explicit SearchPlane(const PictureView& picture)
      : height_(picture.height),
        width_(picture.width),
        values_(height_ * width_ + bm3d::kTogether) {
    std::copy_n(picture.data, height_ * width_, values_.begin());
  }

  // The patches most like the one at `at`, itself first; a power of 2 of them.
  std::vector<Position> similar_patches(const Position& at, const Step& step) const {
    const auto top = std::max<std::int64_t>(0, at.y - kSearch);
    const auto left = std::max<std::int64_t>(0, at.x - kSearch);
    const auto bottom = std::min(height_ - kSide, at.y + kSearch);
    const auto right = std::min(width_ - kSide, at.x + kSearch);
    constexpr std::int64_t kAcross = 2 * kSearch + 1;
    const float limit = step.tau * kPatch;
    // Of the others: the bits of a distance, in order as it is itself, above the place. Equals go
    // to the earlier one.
    std::array<std::uint64_t, kAcross * kAcross> found;
    std::size_t others = 0;
    alignas(64) float distances[(kAcross / bm3d::kTogether + 1) * bm3d::kTogether];
    for (auto y = top; y <= bottom; ++y) {
      bm3d::squared_distances(&values_[at.y * width_ + at.x], &values_[y * width_ + left], width_,
                              right - left + 1, distances);
      for (auto x = left; x <= right; ++x) {
        const float distance = distances[x - left];
        const auto place = static_cast<std::uint64_t>((y - top) * kAcross + x - left);
        found[others] = std::uint64_t{std::bit_cast<std::uint32_t>(distance)} << 32 | place;
        others += distance <= limit && (y != at.y || x != at.x);
      }
    }
    const auto count = std::bit_floor(std::min(others + 1, step.most));
    std::partial_sort(found.begin(), found.begin() + count - 1, found.begin() + others);
    std::vector<Position> positions{at};
    for (std::size_t k = 0; k + 1 < count; ++k) {
      const auto place = static_cast<std::int64_t>(found[k] & 0xffffffffu);
      positions.push_back({top + place / kAcross, left + place % kAcross});
    }
    return positions;
  }

 private:
  std::int64_t height_, width_;
  std::vector<float> values_;
};

// Stacks and sums of one step over the picture.
class CollaborativeFilter {
 public:
  // `basic`: the result of step 1 in step 2, null in step 1.
  CollaborativeFilter(const torch::Tensor& x, const torch::Tensor* basic, double sigma)
      : noisy_(view_of(x)),
        guide_(view_of(basic ? *basic : x)),
        search_(guide_),
        wiener_(basic != nullptr),
        transforms_(wiener_ ? cosine_rows() : wavelet_rows()),
        sigma_(static_cast<float>(sigma)) {
    const double tau =
        wiener_ ? (sigma > kHighNoise ? 3500 : 400) : (sigma > kHighNoise ? 5000 : 2500);
    // Brightness here is sqrt(C) times the mean over the channels.
    step_ = {wiener_ ? 32u : 16u, static_cast<float>(tau * noisy_.channels / (255.0 * 255.0))};
  }

  torch::Tensor run(const torch::TensorOptions& options) const {
    const auto rows = grid(noisy_.height);
    // Stripes of a few rows of patches have sums of their own, which are added in order: the same
    // bits for any number of threads.
    constexpr std::int64_t kStripe = 8;
    const auto stripes = (static_cast<std::int64_t>(rows.size()) + kStripe - 1) / kStripe;
    std::vector<Sums> parts(stripes);
    parallel_ranges(stripes, 1, [&](std::int64_t first, std::int64_t last) {
      for (auto s = first; s < last; ++s) {
        throw_if_interrupted();
        const auto end = std::min<std::int64_t>(rows.size(), (s + 1) * kStripe);
        parts[s] = filter({rows.begin() + s * kStripe, rows.begin() + end}, options);
      }
    });
    const std::vector<std::int64_t> size{noisy_.channels, noisy_.height, noisy_.width};
    auto sum = torch::zeros(size, options), weight = torch::zeros(size, options);
    for (const Sums& part : parts) {
      sum.narrow(1, part.top, part.sum.size(1)).add_(part.sum);
      weight.narrow(1, part.top, part.sum.size(1)).add_(part.weight);
    }
    return sum / weight;
  }

 private:
  struct Sums {
    std::int64_t top = 0;
    torch::Tensor sum, weight;  // C x rows x W
  };

  static std::vector<std::int64_t> grid(std::int64_t size) {
    std::vector<std::int64_t> positions;
    for (std::int64_t i = 0; i < size - kSide; i += kPace) positions.push_back(i);
    positions.push_back(size - kSide);
    return positions;
  }

  Sums filter(const std::vector<std::int64_t>& rows, const torch::TensorOptions& options) const {
    Sums out;
    out.top = std::max<std::int64_t>(0, rows.front() - kSearch);
    const auto bottom = std::min(noisy_.height, rows.back() + kSearch + kSide);
    out.sum = torch::zeros({noisy_.channels, bottom - out.top, noisy_.width}, options);
    out.weight = torch::zeros_like(out.sum);
    for (const auto y : rows)
      for (const auto x : grid(noisy_.width)) {
        const auto positions = search_.similar_patches({y, x}, step_);
        for (std::int64_t c = 0; c < noisy_.channels; ++c) filter_stack(c, positions, out);
      }
    return out;
  }

  void read_transformed(const PictureView& planes, std::int64_t c,
                        const std::vector<Position>& positions, Stack& stack) const {
    stack.size = static_cast<int>(positions.size());
    for (int k = 0; k < stack.size; ++k)
      for (int i = 0; i < kSide; ++i)
        std::copy_n(planes.at(c, positions[k].y + i, positions[k].x), kSide,
                    stack.patch(k) + i * kSide);
    bm3d::transform(transforms_.forward, stack);
    bm3d::haar(stack);
  }

  // Shrinks the coefficients; the weight of the stack.
  float shrink(Stack& stack, std::int64_t c, const std::vector<Position>& positions) const {
    float cost = 0;  // kept coefficients, or ||w||^2
    if (wiener_) {
      Stack basic;
      read_transformed(guide_, c, positions, basic);
      cost = bm3d::wiener(stack, basic, sigma_ * sigma_);
    } else {
      cost = bm3d::keep_large(stack, static_cast<float>(kHardThreshold) * sigma_);
    }
    return 1 / std::max(cost, 1.0f);
  }

  void filter_stack(std::int64_t c, const std::vector<Position>& positions, Sums& out) const {
    static const auto window = kaiser_window();
    Stack stack;
    read_transformed(noisy_, c, positions, stack);
    const float weight = shrink(stack, c, positions);
    bm3d::inverse_haar(stack);
    bm3d::transform(transforms_.inverse, stack);
    const auto width = noisy_.width;
    const auto plane = c * out.sum.size(1) * width;
    for (int k = 0; k < stack.size; ++k) {
      const auto at = plane + (positions[k].y - out.top) * width + positions[k].x;
      bm3d::aggregate(stack.patch(k), window.data(), weight, width, out.sum.data_ptr<float>() + at,
                      out.weight.data_ptr<float>() + at);
    }
  }

  PictureView noisy_, guide_;
  SearchPlane search_;
  bool wiener_;
  TransformPair transforms_;
  float sigma_;
  Step step_;
};

}  // namespace

torch::Tensor Bm3d::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x.clone();
  // A picture has at least a patch, and its corners are patches' insides.
  constexpr std::int64_t kMargin = 9;  // a multiple of kPace, at least a patch
  const auto padded = to_opponent(mirror_pad(x.to(torch::kFloat32), kMargin)).contiguous();
  std::vector<torch::Tensor> items;
  for (const auto& item : padded.unbind(0)) {
    const auto basic = CollaborativeFilter(item, nullptr, sigma).run(item.options());
    items.push_back(CollaborativeFilter(item, &basic, sigma).run(item.options()));
  }
  return from_opponent(torch::stack(items))
      .narrow(2, kMargin, x.size(2))
      .narrow(3, kMargin, x.size(3))
      .to(x.scalar_type())
      .contiguous();
}

// In each step a pixel lies in a patch (7) that is stacked (19) for another, which looks at a third
// (19) and its pixels (7).
std::optional<int> Bm3d::receptive_field() const { return 2 * 2 * (kSide - 1 + kSearch); }

}  // namespace restore
