// Wavelet shrinkage and non-local means against their definitions, written out; BM3D where stacks
// are known.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"
#include "priors/classic/bm3d.h"
#include "priors/classic/mirror.h"
#include "priors/classic/nonlocal_means.h"
#include "priors/classic/opponent_colours.h"
#include "priors/classic/wavelet.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using testing::largest_difference;

torch::Tensor random_picture(const Shape& shape) {
  Rng rng(61);
  return rand(rng, shape, 1, torch::kFloat64);
}

// One level of the periodic orthonormal wavelet transform of 4 taps along `dim`: approximation
// first, then details.
torch::Tensor transform_along(const torch::Tensor& x, int dim) {
  const double r = std::sqrt(3.0), s = 4 * std::sqrt(2.0);
  const double h[] = {(1 + r) / s, (3 + r) / s, (3 - r) / s, (1 - r) / s};
  auto low = torch::zeros_like(x), high = torch::zeros_like(x);
  for (int n = 0; n < 4; ++n) {
    const auto ahead = x.roll(-n, dim);
    low += h[n] * ahead;
    high += (n % 2 == 0 ? 1 : -1) * h[3 - n] * ahead;
  }
  const auto even = torch::arange(0, x.size(dim), 2);
  return torch::cat({low.index_select(dim, even), high.index_select(dim, even)}, dim);
}

// W^T H_t(W x) by the matrix of W, for one square picture H x H, 4 levels.
class Shrinkage {
 public:
  explicit Shrinkage(std::int64_t size) {
    // Columns of the 1-D transforms of one level at the sizes H, H/2, ...
    for (int level = 0; level < 4; ++level)
      levels_.push_back(transform_along(torch::eye(size >> level, torch::kFloat64), 0));
  }
  torch::Tensor operator()(const torch::Tensor& x, double t, std::size_t level = 0) const {
    if (level == levels_.size()) return x;
    const auto& W = levels_[level];
    auto d = W.mm(x).mm(W.t());
    const auto half = x.size(0) / 2;
    auto approximation = d.narrow(0, 0, half).narrow(1, 0, half);
    const auto kept = (*this)(approximation.clone(), t, level + 1);
    d = d * (d.abs() > t);
    d.narrow(0, 0, half).narrow(1, 0, half).copy_(kept);
    return W.t().mm(d).mm(W);
  }

 private:
  std::vector<torch::Tensor> levels_;
};

BOOST_AUTO_TEST_CASE(wavelet_is_the_mean_over_all_shifts_of_the_orthonormal_transform) {
  constexpr std::int64_t kSize = 112;  // the middle is 45 pixels, the reach, from the frame
  constexpr double kSigma = 0.1;
  const auto x = random_picture({1, kSize, kSize});
  const Shrinkage shrinkage(kSize);
  auto sum = torch::zeros({kSize, kSize}, torch::kFloat64);
  for (int dy = 0; dy < 16; ++dy)  // 2^4 shifts are all
    for (int dx = 0; dx < 16; ++dx)
      sum += shrinkage(x[0][0].roll({dy, dx}, {0, 1}), 2.7 * kSigma).roll({-dy, -dx}, {0, 1});
  const auto out = Wavelet().denoise(x, kSigma)[0][0];
  const auto middle = [](const torch::Tensor& v) { return v.narrow(0, 46, 20).narrow(1, 46, 20); };
  // Rounding of sums of a few thousand products.
  BOOST_TEST(largest_difference(middle(out), middle(sum / 256)) < 1e-12);
  BOOST_TEST(largest_difference(out, x[0][0]) > 0.1);
}

BOOST_AUTO_TEST_CASE(wavelet_gives_back_what_it_does_not_cut) {
  for (const Shape shape : {Shape{3, 1, 1}, Shape{1, 3, 70}, Shape{3, 33, 20}}) {
    const auto x = random_picture(shape);
    BOOST_TEST(largest_difference(Wavelet({.strength = 1e-12}).denoise(x, 1), x) < 1e-12);
    // What is cut to the last coefficient is a smooth picture, not a black one.
    BOOST_TEST(largest_difference(Wavelet().denoise(torch::full_like(x, 0.3), 9),
                                  torch::full_like(x, 0.3)) < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(nonlocal_means_are_their_weighted_sums) {
  const std::int64_t height = 26, width = 31;
  const auto x = random_picture({3, height, width});
  const double sigma = 0.4, h = 0.5 * sigma;
  const auto out = NonlocalMeans().denoise(x, sigma);
  const auto* values = x.data_ptr<double>();
  const auto at = [&](std::int64_t c, std::int64_t i, std::int64_t j) {
    const auto inside = [](std::int64_t k, std::int64_t size) {
      return k < 0 ? -1 - k : k >= size ? 2 * size - 1 - k : k;
    };
    return values[(c * height + inside(i, height)) * width + inside(j, width)];
  };
  for (const auto& [i, j] : {std::pair{0, 0}, {13, 15}, {25, 7}}) {
    double total = 0, largest = 0, sum[3] = {};
    for (int dy = -10; dy <= 10; ++dy) {
      for (int dx = -10; dx <= 10; ++dx) {
        if (dy == 0 && dx == 0) continue;
        double d2 = 0;
        for (int c = 0; c < 3; ++c)
          for (int v = -2; v <= 2; ++v)
            for (int u = -2; u <= 2; ++u)
              d2 += std::pow(at(c, i + v, j + u) - at(c, i + dy + v, j + dx + u), 2) / 75;
        const double w = std::exp(-std::max(d2 - 2 * sigma * sigma, 0.0) / (h * h));
        for (int c = 0; c < 3; ++c) sum[c] += w * at(c, i + dy, j + dx);
        total += w;
        largest = std::max(largest, w);
      }
    }
    for (int c = 0; c < 3; ++c)
      BOOST_TEST(
          out[0][c][i][j].item<double>() == (sum[c] + largest * at(c, i, j)) / (total + largest),
          boost::test_tools::tolerance(1e-12));
  }
}

// BM3D's two steps on planes C x H x W in float64, as the paper has them, the first plane being the
// one that patches are compared in.
class PlainBm3d {
 public:
  // `basic`: of the first step in the second, which is Wiener's; else null.
  PlainBm3d(const torch::Tensor& x, const torch::Tensor* basic, double sigma)
      : x_(x), guide_(basic ? *basic : x), wiener_(basic != nullptr), sigma_(sigma) {
    rows_ = basic ? cosines() : wavelets();
    rows_ = rows_ / rows_.norm(2, 1, /*keepdim=*/true);
    inverse_ = torch::inverse(rows_);
    const auto t = torch::linspace(-1, 1, 8, torch::kFloat64);
    const auto kaiser = torch::i0(2 * (1 - t * t).sqrt()) / torch::i0(torch::full({1}, 2.0));
    window_ = kaiser.unsqueeze(1) * kaiser;
  }

  torch::Tensor run() const {
    auto sum = torch::zeros_like(x_), weight = torch::zeros_like(x_);
    const auto noisy = patches(x_), guide = patches(guide_);
    for (const auto y : grid(x_.size(1)))
      for (const auto x : grid(x_.size(2))) {
        const auto [tops, lefts] = alike(guide[0], y, x);
        const auto stacked = haar(tops.size(0));
        const auto forth = [&](const torch::Tensor& of) {
          const auto P = torch::matmul(torch::matmul(rows_, of.index({tops, lefts})), rows_.t());
          return torch::mm(stacked, P.flatten(1));
        };
        for (std::int64_t c = 0; c < x_.size(0); ++c) {
          const auto S = forth(noisy[c]);
          const auto power = forth(guide[c]).square();
          const auto gain = wiener_ ? power / (power + sigma_ * sigma_)
                                    : (S.abs() > 2.7 * sigma_).to(torch::kFloat64);
          const auto kept = torch::mm(stacked.t(), gain * S).view({-1, 8, 8});
          const auto P = torch::matmul(torch::matmul(inverse_, kept), inverse_.t());
          const auto w = window_ / gain.square().sum().clamp_min(1);
          for (std::int64_t k = 0; k < tops.size(0); ++k) {
            const auto at = [&](const torch::Tensor& plane) {
              return plane[c]
                  .narrow(0, tops[k].item<std::int64_t>(), 8)
                  .narrow(1, lefts[k].item<std::int64_t>(), 8);
            };
            at(sum).add_(w * P[k]);
            at(weight).add_(w);
          }
        }
      }
    return sum / weight;
  }

 private:
  static torch::Tensor patches(const torch::Tensor& x) { return x.unfold(1, 8, 1).unfold(2, 8, 1); }

  static std::vector<std::int64_t> grid(std::int64_t size) {
    std::vector<std::int64_t> positions;
    for (std::int64_t i = 0; i < size - 8; i += 3) positions.push_back(i);
    positions.push_back(size - 8);
    return positions;
  }

  static torch::Tensor cosines() {
    const auto k = torch::arange(8, torch::kFloat64);
    return (M_PI / 8 * k.unsqueeze(1) * (k + 0.5)).cos();
  }

  static torch::Tensor wavelets() {  // biorthogonal 1.5
    const double low[] = {3, -3, -22, 22, 128, 128, 22, -22, -3, 3};
    auto M = torch::eye(8, torch::kFloat64);
    for (int n = 8; n > 1; n /= 2) {
      const auto fine = M.clone();
      for (int k = 0; k < n / 2; ++k) {
        M[k].zero_();
        for (int t = 0; t < 10; ++t) M[k].add_(fine[(2 * k + t - 4 + 2 * n) % n], low[t]);
        M[n / 2 + k].copy_(fine[2 * k] - fine[2 * k + 1]);
      }
    }
    return M;
  }

  static torch::Tensor haar(std::int64_t size) {
    auto H = torch::eye(size, torch::kFloat64);
    for (std::int64_t half = 1; half < size; half *= 2)
      for (std::int64_t k = 0; k < size; k += 2 * half) {
        const auto a = H[k].clone(), b = H[k + half].clone();
        H[k].copy_((a + b) / std::sqrt(2.0));
        H[k + half].copy_((a - b) / std::sqrt(2.0));
      }
    return H;
  }

  // Tops and lefts of the patches most like the one at (y, x), itself first.
  std::pair<torch::Tensor, torch::Tensor> alike(const torch::Tensor& all, std::int64_t y,
                                                std::int64_t x) const {
    const auto top = std::max<std::int64_t>(0, y - 19), left = std::max<std::int64_t>(0, x - 19);
    auto distance =
        (all.slice(0, top, y + 20).slice(1, left, x + 20) - all[y][x]).square().mean({2, 3});
    distance[y - top][x - left] = -1;
    const bool high = sigma_ > 35.0 / 255;
    const double tau = wiener_ ? (high ? 3500 : 400) : (high ? 5000 : 2500);
    // The first plane is sqrt(C) times the mean of the channels.
    const double limit = tau / (255.0 * 255.0) * static_cast<double>(x_.size(0));
    const auto near = distance.le(limit).sum().item<std::int64_t>();
    std::int64_t count = wiener_ ? 32 : 16;
    while (count > near) count /= 2;
    const auto places = distance.flatten().argsort().narrow(0, 0, count);
    const auto width = distance.size(1);
    return {top + places.div(width, "floor"), left + places.remainder(width)};
  }

  torch::Tensor x_, guide_, rows_, inverse_, window_;
  bool wiener_;
  double sigma_;
};

BOOST_AUTO_TEST_CASE(bm3d_is_its_two_steps) {
  // Of a size that has no reference patch across the mirror's axis: two patches would be equally
  // far from it.
  Rng rng(63);
  for (const auto& [channels, sigma] : {std::pair{1, 0.1}, {3, 0.1}, {3, 0.2}}) {
    const auto ramp = torch::linspace(0.2, 0.8, 17, torch::kFloat64).expand({1, channels, 14, 17});
    const auto x = ramp + sigma * randn_like(rng, ramp);
    const auto padded = to_opponent(mirror_pad(x, 9))[0];
    const auto basic = PlainBm3d(padded, nullptr, sigma).run();
    const auto both = PlainBm3d(padded, &basic, sigma).run();
    const auto expected =
        from_opponent(both.unsqueeze(0)).narrow(2, 9, 14).narrow(3, 9, 17).contiguous();
    // Sums of some thousand products in float32.
    BOOST_TEST(largest_difference(Bm3d().denoise(x, sigma), expected) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(bm3d_averages_what_repeats) {
  // White texture, the same every 8 pixels: in the middle of the picture a patch has 25 equals in
  // its search window, 16 make the stack. Of its 1024 coefficients 64 are the texture's: a
  // sixteenth of the noise is kept, and a third of that more for what passes the threshold or the
  // filter by chance.
  Rng rng(62);
  const auto clean = rand(rng, {3, 8, 8}, 1, torch::kFloat64).repeat({1, 1, 11, 11});
  constexpr double kSigma = 0.05;
  const auto noisy = clean + kSigma * randn_like(rng, clean);
  const auto error = [&](const Denoiser& denoiser) {
    const auto difference = denoiser.denoise(noisy, kSigma) - clean;
    return difference.narrow(2, 32, 24).narrow(3, 32, 24).square().mean().item<double>() /
           (kSigma * kSigma);
  };
  BOOST_TEST(error(Bm3d()) < 1.0 / 12);
  // Blind to what repeats, wavelets keep most of a white texture and its noise.
  BOOST_TEST(error(Wavelet()) > 0.5);
}

BOOST_AUTO_TEST_CASE(bm3d_keeps_a_flat_picture) {
  // Sums of weights in float32 over some thousand patches.
  const auto flat = torch::full({1, 3, 21, 40}, 0.3, torch::kFloat64);
  BOOST_TEST(largest_difference(Bm3d().denoise(flat, 0.1), flat) < 1e-5);
}

}  // namespace
}  // namespace restore
