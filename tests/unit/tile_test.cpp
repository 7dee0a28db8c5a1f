// Tiles: the cores partition the picture, the windows hold the halo, and a tiled denoiser is the
// denoiser.
#include <ATen/ATen.h>
#include <boost/test/unit_test.hpp>
#include <torch/types.h>

#include "librestore/core/error.h"
#include "librestore/tile/tile_plan.h"
#include "librestore/tile/tiled_denoiser.h"
#include "librestore/tile/windowed_denoiser.h"
#include "tests/support/comparison.h"

using namespace restore;

namespace {

// A box blur over 2 r + 1 pixels on a grid that starts at multiples of `alignment`: as any strided
// network, it commutes with some shifts only, and its frame is not the tile's.
class GridBlur : public Denoiser {
 public:
  torch::Tensor denoise(const torch::Tensor& x, double) const override {
    const int side = 2 * kRadius + 1;
    const auto blurred =
        at::avg_pool2d(x, side, 1, kRadius, /*ceil_mode=*/false, /*count_include_pad=*/true);
    const auto rows = torch::arange(x.size(2)) % kAlignment,
               columns = torch::arange(x.size(3)) % kAlignment;
    return blurred * (1 + rows.unsqueeze(1) + 10 * columns.unsqueeze(0));
  }
  std::optional<int> receptive_field() const override { return kRadius; }
  int alignment() const override { return kAlignment; }
  std::string name() const override { return "grid-blur"; }

 private:
  static constexpr int kRadius = 5, kAlignment = 4;
};

class Unbounded : public Denoiser {
 public:
  torch::Tensor denoise(const torch::Tensor& x, double) const override { return x; }
  std::optional<int> receptive_field() const override { return std::nullopt; }
  std::string name() const override { return "unbounded"; }
};

// Linear and global: D x = a x + (1 - a) mean(x), J = J^T; as attention it sees all of the picture.
class PullToMean : public MmseDenoiser {
 public:
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override {
    largest_ = std::max({largest_, x.size(2), x.size(3)});
    const double a = 1 / (1 + sigma);
    return a * x + (1 - a) * x.mean(std::vector<std::int64_t>{2, 3}, true);
  }
  Linearization linearize(const torch::Tensor& x, double sigma) const override {
    return {denoise(x, sigma), [this, sigma](const torch::Tensor& v) { return denoise(v, sigma); }};
  }
  std::optional<int> receptive_field() const override { return std::nullopt; }
  std::string name() const override { return "pull-to-mean"; }
  std::int64_t largest() const { return largest_; }

 private:
  mutable std::int64_t largest_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(cores_partition_and_windows_hold_the_halo) {
  for (const auto& [height, width, core, halo, alignment] :
       {std::array<std::int64_t, 5>{1, 1, 8, 3, 8},
        {100, 61, 16, 5, 8},
        {64, 64, 64, 20, 8},
        {65, 130, 64, 0, 1},
        {333, 20, 50, 100, 16}}) {
    auto covered = torch::zeros({height, width}, torch::kInt32);
    for (const auto& tile : plan_tiles(height, width, core, halo, alignment)) {
      covered.narrow(0, tile.core.y0, tile.core.height)
          .narrow(1, tile.core.x0, tile.core.width)
          .add_(1);
      BOOST_TEST(tile.window.y0 <= std::max<std::int64_t>(0, tile.core.y0 - halo));
      BOOST_TEST(tile.window.x0 <= std::max<std::int64_t>(0, tile.core.x0 - halo));
      BOOST_TEST(tile.window.y1() >= std::min(height, tile.core.y1() + halo));
      BOOST_TEST(tile.window.x1() >= std::min(width, tile.core.x1() + halo));
      BOOST_TEST(tile.window.y0 % alignment == 0);
      BOOST_TEST(tile.window.x0 % alignment == 0);
      BOOST_TEST((tile.window.y1() % alignment == 0 || tile.window.y1() == height));
      BOOST_TEST((tile.window.x1() % alignment == 0 || tile.window.x1() == width));
    }
    BOOST_TEST(covered.eq(1).all().item<bool>());
  }
}

BOOST_AUTO_TEST_CASE(a_tiled_denoiser_is_the_denoiser) {
  const auto prior = std::make_shared<GridBlur>();
  const auto x = torch::rand({2, 3, 75, 50}, torch::kFloat64);
  const auto whole = prior->denoise(x, 0.1);
  for (const int core : {1, 7, 16, 33, 1000}) BOOST_TEST_CONTEXT("core " << core) {
      const auto tiled = TiledDenoiser(prior, core).denoise(x, 0.1);
      // The same sums in the same order but for avg_pool's running total: float64 rounding.
      BOOST_TEST(testing::largest_difference(tiled, whole) < 1e-12);
    }
}

// An average of 3x3 pixels that counts what it is given at once.
class Averaging : public MmseDenoiser {
 public:
  torch::Tensor denoise(const torch::Tensor& x, double) const override {
    most_pixels = std::max(most_pixels, x.size(0) * x.size(2) * x.size(3));
    return at::avg_pool2d(x, 3, 1, 1);
  }
  Linearization linearize(const torch::Tensor& x, double sigma) const override {
    // With zeros around the frame and every sum divided by 9 it is its own adjoint.
    return {denoise(x, sigma), [this, sigma](const torch::Tensor& v) { return denoise(v, sigma); }};
  }
  std::optional<int> receptive_field() const override { return 1; }
  std::string name() const override { return "averaging"; }
  mutable std::int64_t most_pixels = 0;
};

BOOST_AUTO_TEST_CASE(a_batch_takes_no_more_memory_than_a_full_tile) {
  const auto prior = std::make_shared<Averaging>();
  for (const auto& [height, width] : {std::pair<std::int64_t, std::int64_t>{4, 5}, {40, 33}}) {
    const auto x = torch::rand({7, 2, height, width}, torch::kFloat64), v = torch::rand_like(x);
    const auto whole = prior->linearize(x, 0.1);
    const auto wanted = whole.vjp(v);
    prior->most_pixels = 0;
    const auto tiled = TiledMmseDenoiser(prior, 6).linearize(x, 0.1);
    // Rounding of sums of nine values in float64.
    BOOST_TEST(testing::largest_difference(tiled.value, whole.value) < 1e-15);
    BOOST_TEST(testing::largest_difference(tiled.vjp(v), wanted) < 1e-15);
    BOOST_TEST(prior->most_pixels <= 8 * 8);  // the core and a pixel to every side
    BOOST_TEST(prior->most_pixels >= 3 * 4 * 5);
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_tiled_is_refused) {
  BOOST_CHECK_THROW(TiledDenoiser(std::make_shared<Unbounded>(), 64), Error);
  BOOST_CHECK_THROW(TiledDenoiser(std::make_shared<GridBlur>(), 0), Error);
}

BOOST_AUTO_TEST_CASE(windows_cover_and_overlap) {
  const std::int64_t size = 16;
  for (const std::int64_t height : {1, 16, 17, 28, 29, 100})
    for (const std::int64_t width : {5, 16, 40}) {
      auto covered = torch::zeros({height, width}, torch::kInt32);
      const auto windows = plan_windows(height, width, size);
      for (std::size_t i = 0; i < windows.size(); ++i) {
        const auto& w = windows[i];
        covered.narrow(0, w.y0, w.height).narrow(1, w.x0, w.width).add_(1);
        BOOST_TEST(w.height == std::min(height, size));
        BOOST_TEST(w.width == std::min(width, size));
        if (i > 0 && windows[i - 1].y0 == w.y0) BOOST_TEST(windows[i - 1].x1() - w.x0 >= size / 4);
      }
      BOOST_TEST(covered.gt(0).all().item<bool>());
    }
}

BOOST_AUTO_TEST_CASE(a_windowed_denoiser) {
  const auto inner = std::make_shared<PullToMean>();
  const WindowedDenoiser windowed(inner, 16);
  const auto x = torch::rand({2, 3, 50, 37}, torch::kFloat64), v = torch::rand_like(x);
  // Windows of a constant are that constant, whatever the weights.
  const auto flat = torch::full_like(x, 0.3);
  BOOST_TEST(testing::largest_difference(windowed.denoise(flat, 0.2), flat) < 1e-14);
  BOOST_TEST(torch::equal(windowed.denoise(x, 0), x));
  // D is linear: J = D, and the pullback is its adjoint, <v, D x> = <J^T v, x>, to rounding of sums
  // of 10^4 values.
  const auto linear = windowed.linearize(x, 0.2);
  BOOST_TEST(testing::largest_difference(linear.value, windowed.denoise(x, 0.2)) == 0);
  const double left = (v * linear.value).sum().item<double>();
  const double right = (linear.vjp(v) * x).sum().item<double>();
  BOOST_TEST(left == right, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(inner->largest() == 16);
  BOOST_TEST(windowed.remark(50, 37).find("in 12 overlapping windows of 16") == 0u);
  // A picture that fits is seen whole, and nothing is said.
  const auto small = torch::rand({1, 3, 16, 9});
  BOOST_TEST(torch::equal(windowed.denoise(small, 0.2), inner->denoise(small, 0.2)));
  BOOST_TEST(windowed.remark(16, 9).empty());
}
