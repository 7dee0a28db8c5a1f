#include "tools/restoration/hole_regions.h"

#include <cstdlib>

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"

using namespace restore;

namespace {

constexpr std::int64_t kMargin = 32;

torch::Tensor empty_mask(std::int64_t height, std::int64_t width) {
  return at::zeros({1, 1, height, width}, torch::kBool);
}

void open(torch::Tensor& mask, const Window& window) { cut(mask, window).fill_(true); }

std::int64_t computed_pixels(const std::vector<HoleRegion>& regions) {
  std::int64_t pixels = 0;
  for (const auto& region : regions) pixels += region.context.area();
  return pixels;
}

// What every answer owes: each hole in exactly one core, each core with its margin in the context.
void check_promises(const torch::Tensor& mask, const std::vector<HoleRegion>& regions) {
  auto owners = at::zeros_like(mask, mask.options().dtype(torch::kInt32));
  for (const auto& [core, context] : regions) {
    cut(owners, core).add_(1);
    BOOST_TEST(context.y0 == std::max<std::int64_t>(core.y0 - kMargin, 0));
    BOOST_TEST(context.x0 == std::max<std::int64_t>(core.x0 - kMargin, 0));
    BOOST_TEST(context.y1() == std::min(core.y1() + kMargin, mask.size(2)));
    BOOST_TEST(context.x1() == std::min(core.x1() + kMargin, mask.size(3)));
  }
  BOOST_TEST(owners.max().item<int>() <= 1);
  BOOST_TEST(owners.masked_select(mask).eq(1).all().item<bool>());
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_holes_no_regions) {
  BOOST_TEST(hole_regions(empty_mask(100, 70), kMargin).empty());
}

BOOST_AUTO_TEST_CASE(a_spot_costs_its_neighbourhood) {
  auto mask = empty_mask(3001, 3999);
  open(mask, {1500, 2000, 10, 10});
  const auto regions = hole_regions(mask, kMargin);
  check_promises(mask, regions);
  BOOST_TEST(regions.size() == 1u);
  // 10 px lie in at most 3 cells of 8.
  BOOST_TEST(computed_pixels(regions) <= (24 + 2 * kMargin) * (24 + 2 * kMargin));
}

BOOST_AUTO_TEST_CASE(holes_in_the_last_odd_row_and_column_are_found) {
  auto mask = empty_mask(101, 67);
  open(mask, {100, 66, 1, 1});
  open(mask, {0, 0, 1, 1});
  const auto regions = hole_regions(mask, kMargin);
  check_promises(mask, regions);
}

BOOST_AUTO_TEST_CASE(distant_spots_are_apart_and_near_ones_together) {
  auto mask = empty_mask(400, 1000);
  open(mask, {100, 100, 10, 10});
  open(mask, {100, 800, 10, 10});
  open(mask, {100, 820, 10, 10});
  const auto regions = hole_regions(mask, kMargin);
  check_promises(mask, regions);
  BOOST_TEST(regions.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_long_diagonal_scratch_is_followed) {
  auto mask = empty_mask(3000, 4000);
  for (std::int64_t row = 100; row < 2900; ++row) {
    const auto column = row * 4 / 3;
    open(mask, {row, column, 1, 5});
  }
  const auto regions = hole_regions(mask, kMargin);
  check_promises(mask, regions);
  // Along the scratch, about its length times twice the margin; never the whole picture.
  BOOST_TEST(computed_pixels(regions) < 3000 * 4000 / 10);
}

BOOST_AUTO_TEST_CASE(a_wide_hole_is_never_cut) {
  auto mask = empty_mask(500, 900);
  open(mask, {100, 100, 100, 700});
  open(mask, {200, 700, 200, 100});
  const auto regions = hole_regions(mask, kMargin);
  check_promises(mask, regions);
  BOOST_TEST(regions.size() == 1u);
}

BOOST_AUTO_TEST_CASE(scattered_pixels_are_one_problem) {
  Rng rng(1);
  const auto mask = rand(rng, {1, 200, 300}).lt(0.5);
  const auto regions = hole_regions(mask, kMargin);
  check_promises(mask, regions);
  BOOST_TEST(regions.size() == 1u);
  BOOST_TEST(computed_pixels(regions) == 200 * 300);
}
