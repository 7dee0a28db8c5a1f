// Convolution against the sum that defines it, and the ways to compute it against each other.
#include "operators/convolution/convolution.h"

#include <numbers>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/model/random.h"
#include "operators/kernel/kernels.h"
#include "operators/numeric/fourier.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using Way = CorrelationPlan::Way;

torch::Tensor picture(const Shape& shape, std::uint64_t seed = 1) {
  Rng rng(seed);
  return randn(rng, shape, 1, torch::kFloat64);
}

torch::Tensor ragged_kernel(std::int64_t rows, std::int64_t columns) {
  return picture({1, rows, columns}, 5)[0][0].clone();
}

// The pixel that stands at i beyond a frame of n pixels, stepping back one pixel at a time.
std::int64_t walk_back(Boundary boundary, std::int64_t i, std::int64_t n) {
  while (i < 0 || i >= n) {
    if (boundary == Boundary::circular) i += i < 0 ? n : -n;
    if (boundary == Boundary::reflect) i = i < 0 ? -1 - i : 2 * n - 1 - i;
    if (boundary == Boundary::replicate) i = i < 0 ? 0 : n - 1;
  }
  return i;
}

// (k * x)(i, j) = sum k(a, b) x(i - a + ca, j - b + cb), as operators/kernel/kernels.h defines it.
double naive(const torch::Tensor& x, const torch::Tensor& k, Boundary boundary, std::int64_t i,
             std::int64_t j) {
  const auto in = x.accessor<double, 2>(), w = k.accessor<double, 2>();
  const std::int64_t ca = k.size(0) / 2, cb = k.size(1) / 2;
  double sum = 0;
  for (std::int64_t a = 0; a < k.size(0); ++a)
    for (std::int64_t b = 0; b < k.size(1); ++b)
      sum += w[a][b] * in[walk_back(boundary, i - a + ca, x.size(0))]
                         [walk_back(boundary, j - b + cb, x.size(1))];
  return sum;
}

BOOST_AUTO_TEST_CASE(it_is_the_sum_that_defines_it) {
  const auto x = picture({1, 7, 9});
  for (const auto& [rows, columns] :
       {std::pair{3, 3}, std::pair{4, 5}, std::pair{1, 2}, std::pair{9, 12}}) {
    const auto k = ragged_kernel(rows, columns);
    for (const auto boundary : {Boundary::circular, Boundary::reflect, Boundary::replicate}) {
      for (const auto way : {Way::direct, Way::fourier}) {
        const auto y = make_convolution(k, {1, 7, 9}, {boundary, way})->apply(x);
        auto expected = torch::empty_like(y);
        for (std::int64_t i = 0; i < 7; ++i)
          for (std::int64_t j = 0; j < 9; ++j)
            expected[0][0][i][j] = naive(x[0][0], k, boundary, i, j);
        BOOST_TEST(testing::relative_difference(y, expected) < 1e-13, to_string(boundary));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(valid_is_the_inside_of_every_boundary) {
  const Shape scene{1, 10, 11};
  const auto x = picture(scene), k = ragged_kernel(4, 3);
  const auto A = make_convolution(k, scene, {Boundary::valid, {}});
  BOOST_TEST((A->output_shape() == Shape{1, 7, 9}));
  const Window seen = A->scene_window({0, 0, 7, 9});
  const auto around = make_convolution(k, scene, {Boundary::circular, {}})->apply(x);
  const auto inside = around.narrow(2, seen.y0, seen.height).narrow(3, seen.x0, seen.width);
  BOOST_TEST(testing::relative_difference(A->apply(x), inside) < 1e-13);
}

BOOST_AUTO_TEST_CASE(the_first_estimate_shows_the_measurement_in_its_window) {
  for (const auto boundary :
       {Boundary::circular, Boundary::reflect, Boundary::replicate, Boundary::valid}) {
    const auto A = make_convolution(ragged_kernel(4, 7), {2, 10, 11}, {boundary, {}});
    const auto y = picture(A->output_shape());
    const Window seen = A->scene_window({0, 0, y.size(2), y.size(3)});
    const auto x = A->initial_estimate(y);
    BOOST_TEST(torch::equal(x.narrow(2, seen.y0, seen.height).narrow(3, seen.x0, seen.width), y),
               to_string(boundary));
    // Beyond the frame, the nearest pixel.
    BOOST_TEST(torch::equal(x.select(2, 0).select(2, 0), y.select(2, 0).select(2, 0)));
  }
}

BOOST_AUTO_TEST_CASE(direct_separable_and_fourier_agree_over_many_tiles) {
  // Larger than a tile of each way along one axis or the other, and not a multiple of one.
  const auto k = gaussian_kernel(1.5, 1.5, 0, 9);
  for (const Shape& shape : {Shape{2, 150, 1100}, Shape{1, 1100, 150}}) {
    const auto x = picture(shape);
    for (const auto boundary : {Boundary::reflect, Boundary::valid}) {
      const auto by = [&](Way way) {
        return make_convolution(k, shape, {boundary, way})->apply(x);
      };
      const auto direct = by(Way::direct);
      BOOST_TEST(testing::relative_difference(by(Way::separable), direct) < 1e-14);
      BOOST_TEST(testing::relative_difference(by(Way::fourier), direct) < 1e-14);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_separable_pass_agrees_in_every_corner_of_its_tiles) {
  // Wider than its tile; narrower and lower than what it sums at once; factors with zeros at their
  // ends.
  auto lopsided = torch::zeros({6, 5}, torch::kFloat64);
  lopsided.slice(0, 1, 4).slice(1, 2, 5) = gaussian_kernel(1, 1, 0, 3);
  for (const auto& k : {gaussian_kernel(1.5, 1.5, 0, 7), lopsided, box_kernel(1)})
    for (const Shape& shape : {Shape{1, 9, 4200}, Shape{2, 131, 33}, Shape{1, 8, 9}}) {
      const auto x = picture(shape);
      for (const auto boundary :
           {Boundary::circular, Boundary::reflect, Boundary::replicate, Boundary::valid}) {
        const auto direct = make_convolution(k, shape, {boundary, Way::direct});
        const auto separable = make_convolution(k, shape, {boundary, Way::separable});
        const auto y = direct->apply(x);
        BOOST_TEST(testing::relative_difference(separable->apply(x), y) < 1e-14,
                   to_string(boundary));
        BOOST_TEST(testing::relative_difference(separable->adjoint(y), direct->adjoint(y)) < 1e-14,
                   to_string(boundary));
      }
    }
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_bit) {
  const auto x = picture({3, 200, 300}).to(torch::kFloat32);
  for (const auto way : {Way::direct, Way::separable, Way::fourier}) {
    const auto A =
        make_convolution(gaussian_kernel(2, 2, 0), {3, 200, 300}, {Boundary::reflect, way});
    torch::Tensor one, two;
    parallel_items(1, {1, 1}, [&](std::int64_t) { one = A->apply(x); });
    parallel_items(1, {1, 2}, [&](std::int64_t) { two = A->apply(x); });
    BOOST_TEST(torch::equal(one, two));
  }
}

BOOST_AUTO_TEST_CASE(the_plan_follows_the_kernel) {
  const auto way_for = [](const torch::Tensor& kernel) {
    return plan_correlation(kernel, 1000, 1000).way;
  };
  BOOST_TEST((way_for(ragged_kernel(3, 3)) == Way::direct));
  BOOST_TEST((way_for(gaussian_kernel(1.6, 1.6, 0, 25)) == Way::separable));
  BOOST_TEST((way_for(ragged_kernel(61, 61)) == Way::fourier));
  // A thin path has few nonzero weights, however large its square is.
  BOOST_TEST((way_for(motion_kernel(15, 90)) != Way::fourier));
}

BOOST_AUTO_TEST_CASE(a_kernel_that_sees_nothing_is_refused) {
  BOOST_CHECK_THROW(make_convolution(box_kernel(9), {1, 8, 20}, {Boundary::valid, {}}), Error);
}

BOOST_AUTO_TEST_CASE(the_norm_of_a_large_picture_is_taken_from_a_smaller_one) {
  const auto k = motion_kernel(9, 30);
  for (const auto boundary : {Boundary::reflect, Boundary::replicate, Boundary::valid}) {
    const Shape scene{1, 300, 310};
    const auto A = make_convolution(k, scene, {boundary, {}});
    // 1e-3: what norm_twin promises, with what bidiagonalisation leaves in both.
    BOOST_TEST(std::abs(A->norm() / A->LinearOperator::norm() - 1) < 1e-3, to_string(boundary));
  }
  // As wide as it may be for its size.
  const auto wide = make_convolution(box_kernel(15), {1, 600, 620}, {Boundary::valid, {}});
  BOOST_TEST(std::abs(wide->norm() / wide->LinearOperator::norm() - 1) < 1e-3);
}

BOOST_AUTO_TEST_CASE(hartley_is_its_own_inverse_and_knows_its_half_spectrum) {
  for (const Shape& shape : {Shape{2, 6, 5}, Shape{1, 7, 8}, Shape{1, 1, 1}, Shape{1, 2, 1}}) {
    const auto x = picture(shape);
    const auto h = hartley(x);
    BOOST_TEST(testing::relative_difference(hartley(h), x) < 1e-14);
    BOOST_TEST(testing::relative_difference(
                   from_half_spectrum(half_spectrum_of_hartley(h), shape.height, shape.width), x) <
               1e-14);
  }
}

BOOST_AUTO_TEST_CASE(the_cosine_transform_is_its_formula) {
  const auto axis = [](std::int64_t n) {
    const auto u = torch::arange(n, torch::kFloat64).unsqueeze(1);
    const auto i = torch::arange(n, torch::kFloat64);
    auto basis = std::sqrt(2.0 / static_cast<double>(n)) *
                 (u * (2 * i + 1) * (std::numbers::pi / (2.0 * static_cast<double>(n)))).cos();
    basis[0] /= std::sqrt(2.0);
    return basis;
  };
  for (const auto& [height, width] : {std::pair{4, 3}, {3, 4}, {1, 5}, {6, 1}, {1, 1}, {2, 2}}) {
    const auto x = picture({1, height, width});
    const auto expected = axis(height).matmul(x).matmul(axis(width).t());
    BOOST_TEST(testing::relative_difference(cosine_transform(x), expected) < 1e-14);
    BOOST_TEST(testing::relative_difference(inverse_cosine_transform(expected), x) < 1e-14);
  }
}

BOOST_AUTO_TEST_CASE(fast_lengths_have_small_factors) {
  BOOST_TEST(fast_length(1) == 1);
  BOOST_TEST(fast_length(11) == 12);
  BOOST_TEST(fast_length(972) == 972);    // 2^2 3^5
  BOOST_TEST(fast_length(1001) == 1024);  // 1008 = 2^4 3^2 7
}

}  // namespace
}  // namespace restore
