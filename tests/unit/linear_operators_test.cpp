// What the operators of sampling, colour, motion and varying blur are, by their definitions; that
// they obey the laws of their rungs is in tests/laws.
#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/linalg/bidiagonalisation.h"
#include "librestore/model/random.h"
#include "librestore/model/spectral_operator.h"
#include "operators/convolution/convolution.h"
#include "operators/convolution/varying_blur.h"
#include "operators/factory.h"
#include "operators/kernel/kernels.h"
#include "operators/numeric/hadamard.h"
#include "operators/sampling/fourier_sampling.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using testing::largest_difference;

torch::Tensor random_picture(const Shape& shape) {
  Rng rng(11);
  return rand(rng, shape, 1, torch::kFloat64);
}

torch::Tensor smooth_picture(const Shape& shape) {
  return build_operator("blur(gaussian:3, boundary=circular)", {shape, false})
      ->apply(random_picture(shape));
}

torch::Tensor measured(const std::string& expression, const torch::Tensor& x) {
  return build_operator(expression, {shape_of(x), false})->apply(x);
}

// Without a margin.
torch::Tensor inside(const torch::Tensor& x, std::int64_t margin) {
  return x.slice(2, margin, x.size(2) - margin).slice(3, margin, x.size(3) - margin);
}

// The bound after `steps`, and the condition number by the whole spectrum.
std::pair<double, double> conditions(const std::string& expression, const Shape& scene, int steps) {
  const auto built = build_operator(expression, {scene, false});
  const auto& A = dynamic_cast<const LinearOperator&>(*built);
  const auto* spectral = dynamic_cast<const SpectralOperator*>(&A);
  const auto n = scene.numel();
  const auto s =
      spectral
          ? spectral->singular_values()
          : at::linalg_svdvals(
                A.apply(torch::eye(n, torch::kFloat64).reshape(scene.batch(n))).reshape({n, -1}));
  Rng rng(3);
  const auto bound = condition_bound([&](const auto& x) { return A.apply(x); },
                                     [&](const auto& y) { return A.adjoint(y); },
                                     randn(rng, A.output_shape(), 1, torch::kFloat64), {steps});
  return {bound.at_least, (s.max() / s.masked_select(s > 1e-12 * s.max()).min()).item<double>()};
}

BOOST_AUTO_TEST_CASE(the_condition_number_of_pictures_is_bounded_from_below) {
  struct Case {
    std::string expression;
    Shape scene;
    double share;  // of the condition number that 60 steps find: less where it is large
  };
  for (const auto& [expression, scene, share] :
       {Case{"blur(gaussian:0.7, boundary=circular)", {1, 240, 201}, 0.8},
        Case{"downsample(3)", {1, 120, 150}, 0.95}, Case{"blur(disk:1.2)", {1, 20, 24}, 0.4},
        Case{"blur(gaussian:0.6) | mask(random:0.3)", {1, 18, 25}, 0.95}}) {
    const auto [at_least, known] = conditions(expression, scene, 60);
    BOOST_TEST(at_least <= known * (1 + 1e-6), expression << ": " << at_least << " of " << known);
    BOOST_TEST(at_least >= share * known, expression << ": " << at_least << " of " << known);
  }
}

BOOST_AUTO_TEST_CASE(a_mosaic_picks_the_filters_channel) {
  const auto x = random_picture({3, 6, 7});
  for (const std::string pattern : {"rggb", "bggr", "grbg", "gbrg"}) {
    const auto y = measured("mosaic(" + pattern + ")", x);
    BOOST_TEST((shape_of(y) == Shape{1, 6, 7}));
    for (std::int64_t i = 0; i < 6; ++i)
      for (std::int64_t j = 0; j < 7; ++j) {
        const char letter = pattern[static_cast<std::size_t>(i % 2 * 2 + j % 2)];
        const std::int64_t channel = letter == 'r' ? 0 : letter == 'g' ? 1 : 2;
        BOOST_TEST(y[0][0][i][j].item<double>() == x[0][channel][i][j].item<double>());
      }
  }
  // What is flat is flat again.
  const auto flat =
      torch::tensor({0.2, 0.5, 0.7}, torch::kFloat64).view({1, 3, 1, 1}).expand({1, 3, 6, 8});
  const auto A = build_operator("mosaic", {{3, 6, 8}, false});
  BOOST_TEST(largest_difference(A->initial_estimate(A->apply(flat.contiguous())), flat) < 1e-12);
}

BOOST_AUTO_TEST_CASE(hadamard_rows_are_products_of_signs) {
  // 13 = 8 + 4 + 1; entry (i, j) of a piece is (-1)^(number of bits that i and j share) /
  // sqrt(size).
  auto rows = torch::eye(13, torch::kFloat64);
  hadamard_rows(rows);
  for (const auto& [start, size] : {std::pair{0, 8}, std::pair{8, 4}, std::pair{12, 1}})
    for (int i = 0; i < 13; ++i)
      for (int j = start; j < start + size; ++j) {
        const bool same = i >= start && i < start + size;
        const int bits = __builtin_popcount(static_cast<unsigned>((i - start) & (j - start)));
        const double expected = same ? (bits % 2 == 0 ? 1 : -1) / std::sqrt(size) : 0;
        BOOST_TEST(std::abs(rows[i][j].item<double>() - expected) < 1e-15);
      }
  // Larger than a core's cache: passes in parallel, and still its own inverse.
  Rng rng(1);
  const auto x = rand(rng, {1, 1, 100000}, 1, torch::kFloat64).view({1, 100000});
  auto twice = x.clone();
  hadamard_rows(twice);
  hadamard_rows(twice);
  BOOST_TEST(largest_difference(twice, x) < 1e-13);
}

BOOST_AUTO_TEST_CASE(hadamard_measures_so_many_rows) {
  const auto A = build_operator("hadamard(0.25, seed=3)", {{3, 20, 15}, false});
  BOOST_TEST((A->output_shape() == Shape{3, 5, 15}));
  BOOST_TEST(
      (build_operator("hadamard(0.25)", {{3, 5, 15}, true})->input_shape() == Shape{3, 20, 15}));
  // All coefficients hold all of the picture's energy.
  const auto x = random_picture({1, 20, 15});
  BOOST_TEST(std::abs((measured("hadamard(1)", x).norm() / x.norm()).item<double>() - 1) < 1e-13);
}

BOOST_AUTO_TEST_CASE(fourier_holds_the_real_and_imaginary_parts) {
  const auto x = random_picture({1, 6, 9});
  const auto h = measured("fourier(random:1)", x);
  const auto F = at::fft_fft2(x) / std::sqrt(54.0);
  const auto opposite = h.flip({2, 3}).roll({1, 1}, {2, 3});
  BOOST_TEST(largest_difference((h + opposite) / 2, at::real(F)) < 1e-14);
  BOOST_TEST(largest_difference((opposite - h) / 2, at::imag(F)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(patterns_of_frequencies_are_symmetric_and_as_dense_as_they_say) {
  const Shape shape{1, 120, 151};
  const auto opposite = [](const torch::Tensor& m) { return m.flip({0, 1}).roll({1, 1}, {0, 1}); };
  const auto share = [](const torch::Tensor& m) {
    return m.to(torch::kFloat64).mean().item<double>();
  };
  const auto random = random_frequencies(shape, 0.3, 0, 1);
  BOOST_TEST(torch::equal(random, opposite(random)));
  // Five standard errors: half as many independent choices as frequencies.
  BOOST_TEST(std::abs(share(random) - 0.3) < 5 * std::sqrt(0.3 * 0.7 / (120 * 151 / 2.0)));
  const auto centre = random_frequencies(shape, 0.3, 0.2, 1);
  BOOST_TEST(centre.slice(0, 0, 12).slice(1, 0, 15).all().item<bool>());
  const auto lines = random_lines(shape, 0.3, 0.1, 1);
  BOOST_TEST(torch::equal(lines, opposite(lines)));
  BOOST_TEST(torch::equal(lines.any(1), lines.all(1)));
  const auto spokes = radial_frequencies(shape, 10);
  BOOST_TEST(spokes[0][0].item<bool>());
  // About 10 lines of 120 to 151 frequencies.
  BOOST_TEST(share(spokes) * 120 * 151 > 10 * 100);
  BOOST_TEST(share(spokes) * 120 * 151 < 10 * 200);
}

BOOST_AUTO_TEST_CASE(spokes_are_the_frequencies_within_half_a_pixel_of_them) {
  const auto axis = [](std::int64_t n) {
    const auto k = torch::arange(n, torch::kFloat64);
    return torch::where(k <= static_cast<double>(n / 2), k, k - static_cast<double>(n)) /
           static_cast<double>(n);
  };
  for (const auto& [height, width] : {std::pair{40, 31}, {1, 9}, {24, 80}}) {
    const auto u = axis(height).unsqueeze(1), v = axis(width);
    for (const int spokes : {1, 3, 7, 50, 90, 1000000}) {
      auto expected = torch::zeros({height, width}, torch::kBool);
      // A million of them is not looked at here either: no frequency is left long before.
      for (int i = 0; i < std::min(spokes, 10000); ++i) {
        const double angle = std::numbers::pi * i / std::min(spokes, 10000);
        expected |=
            (u * std::cos(angle) - v * std::sin(angle)).abs() <= 0.5 / std::max(height, width);
      }
      BOOST_TEST(torch::equal(radial_frequencies({1, height, width}, spokes), expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(many_spokes_can_be_interrupted) {
  set_interrupted(true);
  BOOST_CHECK_THROW(radial_frequencies({1, 400, 400}, 100), Error);
  set_interrupted(false);
}

BOOST_AUTO_TEST_CASE(grey_is_luma_and_colour_is_the_matrix) {
  const auto x = random_picture({3, 4, 5});
  const auto luma = 0.299 * x[0][0] + 0.587 * x[0][1] + 0.114 * x[0][2];
  BOOST_TEST(largest_difference(measured("grey", x)[0][0], luma) < 1e-15);
  const auto y = measured("colour(matrix:0,0,1,0.5,0.5,0)", x);
  BOOST_TEST((shape_of(y) == Shape{2, 4, 5}));
  BOOST_TEST(largest_difference(y[0][0], x[0][2]) < 1e-15);
  BOOST_TEST(largest_difference(y[0][1], (x[0][0] + x[0][1]) / 2) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_shift_moves_right_and_down) {
  const auto x = random_picture({2, 12, 15});
  BOOST_TEST(largest_difference(measured("shift(3, -2, boundary=circular)", x),
                                x.roll({-2, 3}, {2, 3})) < 1e-14);
  BOOST_TEST(largest_difference(measured("affine(3, -2, boundary=circular)", x),
                                x.roll({-2, 3}, {2, 3})) < 1e-12);
  // Between pixels both interpolate alike, and a ramp is met exactly.
  BOOST_TEST(largest_difference(measured("shift(0.3, -1.6, boundary=reflect)", x),
                                measured("affine(0.3, -1.6, boundary=reflect)", x)) < 1e-12);
  const auto ramp = torch::arange(15, torch::kFloat64).view({1, 1, 1, 15}).expand({1, 1, 12, 15});
  BOOST_TEST(largest_difference(inside(measured("shift(0.3)", ramp), 3), inside(ramp - 0.3, 3)) <
             1e-12);
}

BOOST_AUTO_TEST_CASE(an_affine_turn_is_counter_clockwise_and_a_scale_enlarges) {
  const auto x = random_picture({2, 11, 11});
  BOOST_TEST(largest_difference(measured("affine(angle=90)", x), at::rot90(x, 1, {2, 3})) < 1e-12);
  BOOST_TEST(largest_difference(measured("affine(angle=-180)", x), x.flip({2, 3})) < 1e-12);
  // Where cos and sin leave 1e-14 of a pixel beyond the frame.
  const auto large = random_picture({1, 256, 256}), wide = random_picture({1, 192, 256});
  BOOST_TEST(largest_difference(measured("affine(angle=180)", large), large.flip({2, 3})) < 1e-12);
  const auto middle = wide.narrow(3, 32, 192);
  BOOST_TEST(largest_difference(measured("affine(angle=270)", wide).narrow(3, 32, 192),
                                at::rot90(middle, 3, {2, 3})) < 1e-12);
  // A pixel twice as far from the middle shows what the scene has there.
  const auto y = measured("affine(scale=2)", x);
  for (std::int64_t d = -2; d <= 2; ++d)
    BOOST_TEST(std::abs(y[0][0][5 + 2 * d][5 - 2 * d].item<double>() -
                        x[0][0][5 + d][5 - d].item<double>()) < 1e-12);
  const auto stretched = measured("affine(aspect=2)", x);
  BOOST_TEST(std::abs(stretched[0][0][4][9].item<double>() - x[0][0][4][7].item<double>()) < 1e-12);
  // x moves by shear y, y measured downwards from the middle.
  const auto sheared = measured("affine(shear=1)", x);
  BOOST_TEST(std::abs(sheared[0][0][7][8].item<double>() - x[0][0][7][6].item<double>()) < 1e-12);
}

// Longest at the rim, where their length depends on the frame, which depends on their length.
BOOST_AUTO_TEST_CASE(a_shaken_camera_has_one_set_of_kernels) {
  for (const Shape scene : {Shape{1, 96, 128}, Shape{1, 101, 90}, Shape{1, 160, 120}}) {
    const std::string expression = "tiled-blur(roll:9, rows=3, columns=4, boundary=valid)";
    const auto A = build_operator(expression, {scene, false});
    const auto undone = build_operator(expression, {A->output_shape(), true});
    BOOST_REQUIRE((undone->input_shape() == scene));
    const auto x = random_picture(scene);
    BOOST_TEST(torch::equal(A->apply(x), undone->apply(x)));
  }
}

BOOST_AUTO_TEST_CASE(equal_kernels_everywhere_are_one_convolution) {
  const auto x = random_picture({2, 24, 31});
  const auto k = motion_kernel(5, 30);
  const auto weights = tile_weights(3, 2, 24, 31);
  auto sum = torch::zeros({24, 31}, torch::kFloat64);
  std::vector<BlurTerm> terms;
  for (const auto& weight : weights) {
    terms.push_back({k, weight});
    sum = sum + weight;
  }
  BOOST_TEST(largest_difference(sum, torch::ones_like(sum)) < 1e-14);
  const auto whole = measured("blur(motion:5,30, boundary=reflect)", x);
  BOOST_TEST(largest_difference(VaryingBlur(terms, shape_of(x), Boundary::reflect).apply(x),
                                whole) < 1e-13);
}

BOOST_AUTO_TEST_CASE(in_the_middle_of_a_tile_its_own_kernel_rules) {
  const auto x = random_picture({1, 30, 30});
  const auto y = measured("varying-blur(gaussian:0.8, box:5, boundary=circular)", x);
  const auto middle = measured("blur(gaussian:0.8, boundary=circular)", x);
  const auto corners = measured("blur(box:5, boundary=circular)", x);
  BOOST_TEST(std::abs((y - corners)[0][0][0][0].item<double>()) < 1e-13);
  // Half a pixel from the middle on both axes: q = 1 / 29^2.
  const double q = 1.0 / (29 * 29);
  BOOST_TEST(std::abs((y - (1 - q) * middle - q * corners)[0][0][15][15].item<double>()) < 1e-13);
}

BOOST_AUTO_TEST_CASE(a_rolling_camera_is_the_mean_of_turned_pictures) {
  const Shape shape{1, 160, 200};
  const auto x = smooth_picture(shape);
  // The kernels are paths one pixel wide, whose variance across, 1/12, the turned pictures need,
  // too.
  const auto side = torch::tensor({1.0 / 24, 11.0 / 12, 1.0 / 24}, torch::kFloat64);
  const auto pixel =
      make_convolution(side.unsqueeze(1) * side.unsqueeze(0), shape, {Boundary::circular, {}});
  auto turned = torch::zeros_like(x);
  constexpr int kTurns = 41;
  for (int i = 0; i < kTurns; ++i) {
    const double angle = 4 * ((i + 0.5) / kTurns - 0.5);
    turned += measured("affine(angle=" + std::to_string(angle) + ")", pixel->apply(x)) / kTurns;
  }
  const auto error = [&](const std::string& expression) {
    const auto y = measured(expression, x);
    return (inside(y - turned, 20).norm() / inside(x - turned, 20).norm()).item<double>();
  };
  const double coarse = error("tiled-blur(roll:4, rows=4, columns=5)");
  const double fine = error("tiled-blur(roll:4, rows=16, columns=20)");
  // Paths are straight in a tile, and kernels blended in between.
  BOOST_TEST(fine < 0.1);
  BOOST_TEST(fine < coarse);
  // A zoom of the same length is something else.
  BOOST_TEST(error("tiled-blur(zoom:7, rows=16, columns=20)") > 0.5);
}

}  // namespace
}  // namespace restore
