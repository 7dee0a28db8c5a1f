// Dabov, Foi, Katkovnik, Egiazarian 2007, "Image denoising by sparse 3-D transform-domain collaborative
// filtering", https://doi.org/10.1109/TIP.2007.901238
#include "priors/classic/bm3d.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include <Eigen/Dense>

#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "priors/classic/mirror.h"
#include "priors/classic/opponent_colours.h"

namespace restore {
namespace {

constexpr int kSide = 8, kPatch = kSide * kSide;
constexpr int kPace = 3;     // of reference patches
constexpr int kSearch = 19;  // the search window is 2 kSearch + 1 positions wide
constexpr double kThreshold = 2.7;
// Above this noise more distant patches count as alike.
constexpr double kHighNoise = 35.0 / 255;

using Patch = std::array<float, kPatch>;

struct Planes {
  const float* data;
  std::int64_t channels, height, width;
  const float* at(std::int64_t c, std::int64_t y, std::int64_t x) const {
    return data + (c * height + y) * width + x;
  }
};

Planes planes_of(const torch::Tensor& x) {
  return {x.data_ptr<float>(), x.size(0), x.size(1), x.size(2)};
}

using Matrix = Eigen::Matrix<double, kSide, kSide>;

// A transform of 8 values, a row a coefficient, rows of norm 1; and its inverse.
struct Transform {
  explicit Transform(const Matrix& rows) {
    const Matrix M = rows.rowwise().normalized(), inverted = M.inverse();
    for (int i = 0; i < kPatch; ++i) {
      forward[i] = static_cast<float>(M(i / kSide, i % kSide));
      inverse[i] = static_cast<float>(inverted(i / kSide, i % kSide));
    }
  }
  Patch forward, inverse;
};

Matrix cosine_rows() {
  Matrix M;
  for (int k = 0; k < kSide; ++k)
    for (int i = 0; i < kSide; ++i) M(k, i) = std::cos(M_PI * (i + 0.5) * k / kSide);
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

// M P M^T
void apply_both_sides(const Patch& M, Patch& P) {
  Patch half{};
  for (int i = 0; i < kSide; ++i)
    for (int k = 0; k < kSide; ++k)
      for (int j = 0; j < kSide; ++j) half[i * kSide + j] += M[i * kSide + k] * P[k * kSide + j];
  P.fill(0);
  for (int i = 0; i < kSide; ++i)
    for (int k = 0; k < kSide; ++k)
      for (int j = 0; j < kSide; ++j) P[i * kSide + j] += half[i * kSide + k] * M[j * kSide + k];
}

// The orthonormal Walsh-Hadamard transform along the stack, its own inverse.
void hadamard(std::vector<Patch>& stack) {
  for (std::size_t half = 1; half < stack.size(); half *= 2)
    for (std::size_t first = 0; first < stack.size(); first += 2 * half)
      for (std::size_t k = first; k < first + half; ++k)
        for (int i = 0; i < kPatch; ++i) {
          const float a = stack[k][i], b = stack[k + half][i];
          stack[k][i] = a + b;
          stack[k + half][i] = a - b;
        }
  const float scale = 1 / std::sqrt(static_cast<float>(stack.size()));
  for (auto& patch : stack)
    for (float& value : patch) value *= scale;
}

// Kaiser window of parameter 2, as a patch.
Patch kaiser_window() {
  Patch window;
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

// The patches of `brightness` most like the one at `at`, itself first; a power of 2 of them.
std::vector<Position> similar_patches(const Planes& brightness, const Position& at,
                                      const Step& step) {
  const auto top = std::max<std::int64_t>(0, at.y - kSearch);
  const auto left = std::max<std::int64_t>(0, at.x - kSearch);
  const auto bottom = std::min(brightness.height - kSide, at.y + kSearch);
  const auto right = std::min(brightness.width - kSide, at.x + kSearch);
  const float limit = step.tau * kPatch;
  std::vector<std::pair<float, Position>> found;
  for (auto y = top; y <= bottom; ++y)
    for (auto x = left; x <= right; ++x) {
      float lanes[kSide] = {};
      for (int i = 0; i < kSide; ++i) {
        const float* p = brightness.at(0, at.y + i, at.x);
        const float* q = brightness.at(0, y + i, x);
        for (int j = 0; j < kSide; ++j) lanes[j] += (p[j] - q[j]) * (p[j] - q[j]);
      }
      float distance = 0;
      for (const float lane : lanes) distance += lane;
      const bool itself = y == at.y && x == at.x;
      if (itself || distance <= limit) found.push_back({itself ? -1 : distance, {y, x}});
    }
  const auto count = std::bit_floor(std::min(found.size(), step.most));
  // Ties go to the earlier position: the order does not depend on the library.
  const auto nearer = [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.y, a.second.x) < std::tie(b.first, b.second.y, b.second.x);
  };
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
                    nearer);
  std::vector<Position> positions(count);
  for (std::size_t k = 0; k < count; ++k) positions[k] = found[k].second;
  return positions;
}

// Stacks and sums of one step over the picture.
class CollaborativeFilter {
 public:
  // `basic`: the result of step 1 in step 2, null in step 1.
  CollaborativeFilter(const torch::Tensor& x, const torch::Tensor* basic, double sigma)
      : noisy_(planes_of(x)),
        guide_(planes_of(basic ? *basic : x)),
        wiener_(basic != nullptr),
        transform_(wiener_ ? cosine_rows() : wavelet_rows()),
        sigma_(static_cast<float>(sigma)) {
    const double tau =
        wiener_ ? (sigma > kHighNoise ? 3500 : 400) : (sigma > kHighNoise ? 5000 : 2500);
    // Brightness here is sqrt(C) times the mean over the channels.
    step_ = {wiener_ ? 32u : 16u, static_cast<float>(tau * noisy_.channels / (255.0 * 255.0))};
  }

  torch::Tensor run(const torch::TensorOptions& options) const {
    const auto rows = grid(noisy_.height);
    // Stripes of a few rows of patches have sums of their own, which are added in order: the same bits
    // for any number of threads.
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
        const auto positions = similar_patches(guide_, {y, x}, step_);
        for (std::int64_t c = 0; c < noisy_.channels; ++c) filter_stack(c, positions, out);
      }
    return out;
  }

  std::vector<Patch> transformed(const Planes& planes, std::int64_t c,
                                 const std::vector<Position>& positions) const {
    std::vector<Patch> stack(positions.size());
    for (std::size_t k = 0; k < stack.size(); ++k) {
      for (int i = 0; i < kSide; ++i)
        std::copy_n(planes.at(c, positions[k].y + i, positions[k].x), kSide,
                    stack[k].begin() + i * kSide);
      apply_both_sides(transform_.forward, stack[k]);
    }
    hadamard(stack);
    return stack;
  }

  // Shrinks the coefficients; the weight of the stack.
  float shrink(std::vector<Patch>& stack, std::int64_t c,
               const std::vector<Position>& positions) const {
    float cost = 0;  // kept coefficients, or ||w||^2
    if (!wiener_) {
      const float t = static_cast<float>(kThreshold) * sigma_;
      for (auto& patch : stack)
        for (float& value : patch) {
          if (std::abs(value) > t)
            ++cost;
          else
            value = 0;
        }
    } else {
      const auto basic = transformed(guide_, c, positions);
      for (std::size_t k = 0; k < stack.size(); ++k)
        for (int i = 0; i < kPatch; ++i) {
          // w = (T b)^2 / ((T b)^2 + sigma^2)
          const float power = basic[k][i] * basic[k][i];
          const float w = power / (power + sigma_ * sigma_);
          stack[k][i] *= w;
          cost += w * w;
        }
    }
    return 1 / std::max(cost, 1.0f);
  }

  void filter_stack(std::int64_t c, const std::vector<Position>& positions, Sums& out) const {
    static const Patch window = kaiser_window();
    auto stack = transformed(noisy_, c, positions);
    const float weight = shrink(stack, c, positions);
    hadamard(stack);
    const auto width = noisy_.width;
    const auto plane = c * out.sum.size(1) * width;
    for (std::size_t k = 0; k < stack.size(); ++k) {
      apply_both_sides(transform_.inverse, stack[k]);
      for (int i = 0; i < kSide; ++i) {
        const auto at = plane + (positions[k].y - out.top + i) * width + positions[k].x;
        float* sum = out.sum.data_ptr<float>() + at;
        float* total = out.weight.data_ptr<float>() + at;
        for (int j = 0; j < kSide; ++j) {
          const float w = weight * window[i * kSide + j];
          sum[j] += w * stack[k][i * kSide + j];
          total[j] += w;
        }
      }
    }
  }

  Planes noisy_, guide_;
  bool wiener_;
  Transform transform_;
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
