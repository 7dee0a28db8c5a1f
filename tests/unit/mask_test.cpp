// Masks and the smooth filling of holes.
#include "operators/sampling/mask.h"

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "operators/sampling/mask_patterns.h"
#include "operators/sampling/smooth_fill.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

torch::Tensor ramp(std::int64_t height, std::int64_t width) {
  const auto rows = torch::arange(height, torch::kFloat32).view({1, 1, height, 1});
  const auto columns = torch::arange(width, torch::kFloat32).view({1, 1, 1, width});
  return (rows + 2 * columns) / static_cast<double>(height + 2 * width);
}

BOOST_AUTO_TEST_CASE(a_random_mask_misses_its_fraction) {
  const auto missing = random_missing({3, 200, 300}, 0.3, 9);
  BOOST_TEST((missing.sizes() == at::IntArrayRef({1, 1, 200, 300})));
  // Five standard errors of a binomial fraction of 60000.
  const double share = missing.to(torch::kFloat64).mean().item<double>();
  BOOST_TEST(std::abs(share - 0.3) < 5 * std::sqrt(0.3 * 0.7 / 60000));
  BOOST_TEST(torch::equal(missing, random_missing({1, 200, 300}, 0.3, 9)));
  BOOST_TEST(!torch::equal(missing, random_missing({1, 200, 300}, 0.3, 10)));
}

BOOST_AUTO_TEST_CASE(a_box_is_cut_off_at_the_frame) {
  const auto missing = box_missing({1, 6, 5}, {4, -1, 10, 3});
  BOOST_TEST(missing.sum().item<std::int64_t>() == 2 * 2);
  BOOST_TEST(missing[0][0][5][1].item<bool>());
}

BOOST_AUTO_TEST_CASE(scratches_are_thin_and_their_seed_moves_them) {
  const Shape shape{3, 300, 400};
  const auto missing = scratches_missing(shape, 10, 1);
  const double share = missing.to(torch::kFloat64).mean().item<double>();
  // At most 10 diagonals of 3 pixels, at least 10 fifths of one pixel, some beyond the frame.
  BOOST_TEST(share < 10 * 500 * 3.5 / 120000);
  BOOST_TEST(share > 10 * 100 * 0.3 / 120000);
  BOOST_TEST(torch::equal(missing, scratches_missing(shape, 10, 1)));
  BOOST_TEST(!torch::equal(missing, scratches_missing(shape, 10, 2)));
  // The first ones stay where they are when more are drawn.
  BOOST_TEST((missing | scratches_missing(shape, 20, 1)).equal(scratches_missing(shape, 20, 1)));
}

BOOST_AUTO_TEST_CASE(a_checker_keeps_its_first_square) {
  const auto missing = checker_missing({1, 5, 7}, 2)[0][0];
  for (std::int64_t i = 0; i < 5; ++i)
    for (std::int64_t j = 0; j < 7; ++j)
      BOOST_TEST(missing[i][j].item<bool>() == ((i / 2 + j / 2) % 2 == 1));
}

BOOST_AUTO_TEST_CASE(mistakes_are_refused) {
  const auto none = torch::zeros({1, 1, 4, 4}, torch::kBool);
  BOOST_CHECK_THROW(Mask({1, 4, 5}, none), Error);
  BOOST_CHECK_THROW(Mask({1, 4, 4}, none.logical_not()), Error);
  BOOST_CHECK_THROW(Mask({3, 4, 4}, none.expand({1, 2, 4, 4})), Error);
}

BOOST_AUTO_TEST_CASE(a_mask_may_differ_between_channels) {
  auto missing = torch::zeros({1, 3, 2, 2}, torch::kBool);
  missing[0][1][0][0] = true;
  const auto y = Mask({3, 2, 2}, missing).apply(torch::ones({1, 3, 2, 2}));
  BOOST_TEST(y.sum().item<float>() == 11);
  BOOST_TEST(y[0][1][0][0].item<float>() == 0);
}

BOOST_AUTO_TEST_CASE(known_pixels_survive_a_fill_bit_for_bit) {
  const auto x = ramp(37, 50);
  const auto missing = random_missing({1, 37, 50}, 0.9, 1);
  const auto filled = smooth_fill(x, missing);
  BOOST_TEST(torch::equal(filled.masked_select(~missing), x.masked_select(~missing)));
}

BOOST_AUTO_TEST_CASE(a_fill_does_not_look_at_the_hole) {
  const auto missing = box_missing({1, 30, 30}, {5, 7, 12, 9});
  const auto x = ramp(30, 30);
  BOOST_TEST(
      torch::equal(smooth_fill(x, missing), smooth_fill(x.masked_fill(missing, 7), missing)));
}

BOOST_AUTO_TEST_CASE(a_fill_continues_what_surrounds_it) {
  // Half of a smooth picture at random: a fill by the mean of the rest would be off by a tenth and
  // more in the corners; neighbours are a hundredth away.
  const auto x = ramp(64, 64);
  const auto missing = random_missing({1, 64, 64}, 0.5, 2);
  BOOST_TEST(testing::largest_difference(smooth_fill(x, missing), x) < 0.05);
  // A constant is continued exactly, into a hole that reaches the frame too.
  const auto flat = torch::full({1, 2, 33, 20}, 0.25);
  const auto corner = box_missing({2, 33, 20}, {0, 0, 30, 19});
  BOOST_TEST(testing::largest_difference(smooth_fill(flat.masked_fill(corner, 0), corner), flat) <
             1e-6);
}

BOOST_AUTO_TEST_CASE(one_known_pixel_is_enough) {
  auto missing = torch::ones({1, 1, 5, 9}, torch::kBool);
  missing[0][0][3][2] = false;
  const auto filled = smooth_fill(torch::full({1, 1, 5, 9}, 0.5), missing);
  BOOST_TEST(testing::largest_difference(filled, torch::full({1, 1, 5, 9}, 0.5)) < 1e-6);
}

}  // namespace
}  // namespace restore
