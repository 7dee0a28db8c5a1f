// Downsampling against Pillow, OpenImageIO and the definition.
#include "operators/resample/downsample.h"

#include <OpenImageIO/imagebuf.h>
#include <OpenImageIO/imagebufalgo.h>
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/model/random.h"
#include "operators/factory.h"
#include "operators/kernel/kernels.h"
#include "operators/numeric/dense_axis.h"
#include "operators/resample/decimation.h"
#include "operators/resample/resize.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using testing::largest_difference;

// ((7 x + 13 y) mod 17) / 17, which any language can make.
torch::Tensor pattern(std::int64_t height, std::int64_t width) {
  auto x = torch::empty({1, 1, height, width}, torch::kFloat64);
  auto a = x.accessor<double, 4>();
  for (std::int64_t i = 0; i < height; ++i)
    for (std::int64_t j = 0; j < width; ++j)
      a[0][0][i][j] = static_cast<double>((7 * j + 13 * i) % 17) / 17;
  return x;
}

torch::Tensor matrix(std::vector<double> values, std::int64_t height, std::int64_t width) {
  return torch::from_blob(values.data(), {1, 1, height, width}, torch::kFloat64).clone();
}

// The numbers below: Pillow 13.0.0, Image.fromarray(pattern.astype(float32), "F").resize(...);
// seven digits are printed.
constexpr double kPillowDigits = 2e-7;

BOOST_AUTO_TEST_CASE(bicubic_by_3_is_pillows) {
  // resize((4, 3), BICUBIC) of 9 rows, 12 columns
  const auto pillow = matrix({0.4794353, 0.4327595, 0.4470493, 0.4456157,  //
                              0.4628585, 0.4994642, 0.4937598, 0.4786582,  //
                              0.4529987, 0.4369202, 0.4333238, 0.504868},
                             3, 4);
  const Downsample A({1, 9, 12}, 3, ResizeFilter::bicubic);
  BOOST_TEST(testing::largest_difference(A.apply(pattern(9, 12)), pillow) < kPillowDigits);
}

BOOST_AUTO_TEST_CASE(area_by_3_is_pillows) {
  // resize((4, 3), BOX)
  const auto pillow = matrix({0.509804, 0.4117647, 0.4248366, 0.4379085,  //
                              0.4705882, 0.4836601, 0.4967321, 0.509804,  //
                              0.4313726, 0.4444444, 0.4575163, 0.4705882},
                             3, 4);
  const Downsample A({1, 9, 12}, 3, ResizeFilter::area);
  BOOST_TEST(testing::largest_difference(A.apply(pattern(9, 12)), pillow) < kPillowDigits);
}

BOOST_AUTO_TEST_CASE(real_factors_are_pillows) {
  // resize((6, 4), BICUBIC) and LANCZOS of 10 rows, 15 columns
  const auto bicubic = matrix({0.4770385, 0.4155296, 0.4342358, 0.4576672, 0.4987702, 0.5164706,  //
                               0.486772,  0.5206271, 0.4886823, 0.4548378, 0.4318599, 0.4357557,  //
                               0.4202673, 0.4356137, 0.4618514, 0.5028111, 0.5098162, 0.5082228,  //
                               0.5133312, 0.4821538, 0.473718,  0.4057442, 0.4292469, 0.5075009},
                              4, 6);
  const auto lanczos = matrix({0.4786037, 0.417645,  0.4280521, 0.4501846, 0.5004368, 0.5220684,  //
                               0.4895566, 0.5241451, 0.497474,  0.4550854, 0.4241396, 0.430028,   //
                               0.414634,  0.4306097, 0.4587828, 0.5117903, 0.5162466, 0.5032095,  //
                               0.5139707, 0.4904619, 0.466535,  0.3966183, 0.4260114, 0.5153111},
                              4, 6);
  const auto x = pattern(10, 15);
  const auto difference = [&](ResizeFilter filter, const torch::Tensor& y) {
    return testing::largest_difference(Downsample({1, 10, 15}, 2.5, filter).apply(x), y);
  };
  BOOST_TEST(difference(ResizeFilter::bicubic, bicubic) < kPillowDigits);
  BOOST_TEST(difference(ResizeFilter::lanczos, lanczos) < kPillowDigits);
  // With a remainder at the ends: resize((5, 4), BICUBIC, box=(0, 0, 12.5, 10)) of 11 rows, 14
  // columns, where Pillow sees nothing beyond the box. Three samples away from it, all is alike.
  const auto cut = matrix({0.4770385, 0.4155296, 0.4342358,  //
                           0.486772, 0.5206271, 0.4886823},
                          2, 3);
  const auto y = Downsample({1, 11, 14}, 2.5, ResizeFilter::bicubic).apply(pattern(11, 14));
  BOOST_TEST((shape_of(y) == Shape{1, 4, 5}));
  BOOST_TEST(testing::largest_difference(y.narrow(2, 0, 2).narrow(3, 0, 3), cut) < kPillowDigits);
}

BOOST_AUTO_TEST_CASE(area_by_a_real_factor_is_opencvs) {
  // OpenCV 5.0.0, resize(pattern, (6, 4), interpolation=INTER_AREA) of 10 rows, 15 columns: pixels
  // at the ends of a cell count in part, where the BOX of Pillow and OpenImageIO counts them or
  // not.
  const auto opencv = matrix({0.4611765, 0.4094118, 0.44,      0.4682353, 0.4988235, 0.5270588,  //
                              0.4564706, 0.5647059, 0.4352941, 0.4635294, 0.4141177, 0.442353,   //
                              0.4447059, 0.3929412, 0.5035294, 0.4517647, 0.562353,  0.5105883,  //
                              0.52,      0.4682353, 0.4988235, 0.4470588, 0.3976471, 0.5058824},
                             4, 6);
  const Downsample A({1, 10, 15}, 2.5, ResizeFilter::area);
  BOOST_TEST(testing::largest_difference(A.apply(pattern(10, 15)), opencv) < kPillowDigits);
}

BOOST_AUTO_TEST_CASE(a_blur_sampled_between_whole_factors_keeps_its_phase) {
  const auto A = build_operator("downsample(2.5, gaussian:1)", {{1, 40, 50}, false});
  BOOST_TEST((A->output_shape() == Shape{1, 16, 20}));
  const auto ramp = torch::arange(50, torch::kFloat64).view({1, 1, 1, 50}).expand({1, 1, 40, 50});
  // Sample i lies at (i + 1/2) 2.5 - 1/2, away from the frame where the ramp is reflected.
  const auto expected =
      ((torch::arange(3, 17, torch::kFloat64) + 0.5) * 2.5 - 0.5).view({1, 1, 1, -1});
  const auto y = A->apply(ramp).slice(3, 3, 17);
  BOOST_TEST(testing::largest_difference(y, expected.expand_as(y)) < 1e-12);
  // From the measurement: the scene that 16 x 20 samples lie on.
  BOOST_TEST(
      (build_operator("downsample(2.3)", {{1, 16, 20}, true})->input_shape() == Shape{1, 37, 46}));
}

BOOST_AUTO_TEST_CASE(bicubic_enlargement_is_pillows) {
  // resize((8, 6), BICUBIC) of the first 3 rows, 4 columns: rows 0 and 3
  const auto pillow = matrix(
      {-0.1115917, 0.0183997, 0.2935497, 0.5651087, 0.81373, 0.7423598, 0.376708, 0.2041523}, 1, 8);
  const auto enlarged = enlarge(pattern(3, 4), {1, 6, 8}, 2);
  BOOST_TEST(testing::largest_difference(enlarged.narrow(2, 0, 1), pillow) < kPillowDigits);
}

// Two rows and three columns of samples lie on the first 8 x 12 of 11 x 14 pixels; what the rest
// was, the last ones say.
BOOST_AUTO_TEST_CASE(an_estimate_lies_where_its_samples_do) {
  const Downsample A({1, 11, 14}, 4, ResizeFilter::bicubic);
  const auto y = pattern(2, 3);
  const auto x = A.initial_estimate(y), exact = enlarge(y, {1, 8, 12}, 4);
  BOOST_TEST(torch::equal(x.narrow(2, 0, 8).narrow(3, 0, 12), exact));
  BOOST_TEST(torch::equal(x.narrow(2, 8, 3), x.narrow(2, 7, 1).expand({1, 1, 3, 14})));
  BOOST_TEST(torch::equal(x.narrow(3, 12, 2), x.narrow(3, 11, 1).expand({1, 1, 11, 2})));
}

// Samples i to j lie on pixels floor(i s) to ceil(j s).
BOOST_AUTO_TEST_CASE(a_part_of_the_samples_lies_on_all_of_its_pixels) {
  const Downsample A({1, 40, 51}, 2.5, ResizeFilter::bicubic);
  BOOST_TEST((A.scene_window({3, 2, 4, 5}) == Window{7, 5, 11, 13}));
  BOOST_TEST((A.scene_window({0, 0, 16, 20}) == Window{0, 0, 40, 50}));
}

// What OpenImageIO makes of the pattern.
torch::Tensor oiio_resize(std::int64_t height, std::int64_t width, double factor,
                          const char* filter) {
  const auto x = pattern(height, width).to(torch::kFloat32);
  const OIIO::ImageSpec spec(static_cast<int>(width), static_cast<int>(height), 1,
                             OIIO::TypeDesc::FLOAT);
  const OIIO::ImageBuf source(spec, x.data_ptr<float>());
  const auto h = samples_of(height, factor), w = samples_of(width, factor);
  const OIIO::ROI roi(0, static_cast<int>(w), 0, static_cast<int>(h), 0, 1, 0, 1);
  const OIIO::ImageBuf small = OIIO::ImageBufAlgo::resize(source, filter, 0.0f, roi);
  auto result = torch::empty({1, 1, h, w}, torch::kFloat32);
  small.get_pixels(roi, OIIO::TypeDesc::FLOAT, result.data_ptr<float>());
  return result;
}

// Without the samples that a filter of `reach` samples takes from beyond the frame, where
// OpenImageIO continues the picture and ours is cut off.
torch::Tensor inside(const torch::Tensor& y, std::int64_t reach) {
  return y.slice(2, reach, y.size(2) - reach).slice(3, reach, y.size(3) - reach);
}

BOOST_AUTO_TEST_CASE(openimageio_agrees) {
  for (const double factor : {2.0, 2.5, 4.0}) {
    const auto x = pattern(40, 60);
    const auto difference = [&](ResizeFilter filter, const char* name, std::int64_t reach) {
      const Downsample A({1, 40, 60}, factor, filter);
      return testing::largest_difference(inside(A.apply(x), reach),
                                         inside(oiio_resize(40, 60, factor, name), reach));
    };
    // 1e-6: OpenImageIO computes in float32.
    BOOST_TEST(difference(ResizeFilter::bicubic, "keys", 2) < 1e-6);
    BOOST_TEST(difference(ResizeFilter::lanczos, "lanczos3", 3) < 1e-6);
    // Its box counts a pixel as a whole or not at all, so between whole factors it is another
    // filter.
    if (factor == std::floor(factor)) BOOST_TEST(difference(ResizeFilter::area, "box", 0) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(a_remainder_is_seen_through_the_filter_alone) {
  const auto x = pattern(11, 14);
  const Downsample area({1, 11, 14}, 4, ResizeFilter::area);
  BOOST_TEST((area.output_shape() == Shape{1, 2, 3}));
  const Downsample cut({1, 8, 12}, 4, ResizeFilter::area);
  BOOST_TEST(testing::largest_difference(area.apply(x),
                                         cut.apply(x.narrow(2, 0, 8).narrow(3, 0, 12))) < 1e-15);
}

BOOST_AUTO_TEST_CASE(a_constant_stays_a_constant_and_a_ramp_keeps_its_phase) {
  const Downsample A({1, 24, 24}, 3, ResizeFilter::bicubic);
  const auto flat = torch::full({1, 1, 24, 24}, 0.3, torch::kFloat64);
  BOOST_TEST(testing::largest_difference(A.apply(flat), A.apply(flat).mean().expand({1, 1, 8, 8})) <
             1e-15);
  // Sample i lies at 3 i + 1 of the large axis.
  const auto ramp = torch::arange(24, torch::kFloat64).view({1, 1, 1, 24}).expand({1, 1, 24, 24});
  const auto inside = A.apply(ramp).slice(3, 2, 6);
  const auto expected = (3 * torch::arange(2, 6, torch::kFloat64) + 1).view({1, 1, 1, 4});
  BOOST_TEST(testing::largest_difference(inside, expected.expand({1, 1, 8, 4})) < 1e-13);
}

BOOST_AUTO_TEST_CASE(centred_decimation_has_the_phase_of_image_tools) {
  for (const std::int64_t factor : {2, 3, 4}) {
    const auto parity = factor % 2 == 0 ? SizeParity::even : SizeParity::odd;
    const Decimation A(gaussian_kernel(1, 1, 0, 0, parity), {1, 48, 48}, factor, Phase::centre,
                       {Boundary::reflect, {}});
    const auto ramp = torch::arange(48, torch::kFloat64).view({1, 1, 1, 48}).expand({1, 1, 48, 48});
    // Sample i lies at (i + 1/2) s - 1/2, away from the frame where the ramp is reflected.
    const auto i = torch::arange(3, 48 / factor - 3, torch::kFloat64);
    const auto expected = ((i + 0.5) * static_cast<double>(factor) - 0.5).view({1, 1, 1, -1});
    const auto y = A.apply(ramp).slice(3, 3, 48 / factor - 3);
    BOOST_TEST(testing::largest_difference(y, expected.expand_as(y)) < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(corner_decimation_keeps_the_upper_left_pixel_of_the_circular_blur) {
  const auto x = pattern(12, 9);
  const auto k = motion_kernel(3, 20);
  const auto blurred = make_convolution(k, {1, 12, 9}, {Boundary::circular, {}})->apply(x);
  const Decimation A(k, {1, 12, 9}, 3, Phase::corner, {Boundary::circular, {}});
  BOOST_TEST(torch::equal(A.apply(x), blurred.slice(2, 0, 12, 3).slice(3, 0, 9, 3)));
}

BOOST_AUTO_TEST_CASE(a_picture_smaller_than_the_factor_is_refused) {
  BOOST_CHECK_THROW(Downsample({1, 3, 9}, 4, ResizeFilter::area), Error);
  BOOST_CHECK_THROW(
      Decimation(box_kernel(1), {1, 9, 3}, 4, Phase::corner, {Boundary::circular, {}}), Error);
}

BOOST_AUTO_TEST_CASE(along_the_width_is_along_the_height_turned_around) {
  Rng rng(6);
  // Several strips and blocks and parts of them; less than one; more results than columns.
  for (const auto& [height, width, factor] :
       {std::tuple{150, 517, 2.6}, {3, 40, 4.0}, {70, 330, 1.0}})
    for (const auto& matrix : {downsampling(width, factor, ResizeFilter::bicubic),
                               downsampling(width, factor, ResizeFilter::area).gram(),
                               bicubic_upsampling(width, factor)}) {
      const auto x = randn(rng, {3, height, matrix.columns()}, 4);
      for (const auto& z : {x, x.to(torch::kFloat64), x.transpose(0, 1)})
        BOOST_TEST(torch::equal(matrix.along_width(z),
                                matrix.along_height(z.transpose(2, 3)).transpose(2, 3)));
      torch::Tensor alone;
      with_threads(1, [&] { alone = matrix.along_width(x); });
      with_threads(2, [&] { BOOST_TEST(torch::equal(alone, matrix.along_width(x))); });
    }
}

BOOST_AUTO_TEST_CASE(products_along_axes_are_rounded_sums) {
  Rng rng(5);
  // Numbers that float32 has.
  const auto draw = [&](const Shape& shape) { return randn(rng, shape).to(torch::kFloat64); };
  const auto x = draw({2, 300, 70}), P = draw({1, 310, 300})[0][0], Q = draw({1, 65, 70})[0][0];
  const auto exact = torch::matmul(torch::matmul(P, x), Q.t());
  BOOST_TEST(largest_difference(multiply_axes(P, x, Q), exact) < 1e-10);

  const auto in_float = [&](int threads) {
    torch::Tensor z;
    with_threads(threads, [&] { z = multiply_axes(P, x.to(torch::kFloat32), Q); });
    return z;
  };
  // Higham 2002, "Accuracy and stability of numerical algorithms", 3.5: n u |a| |b| for a sum of n
  // products.
  const auto bound = (300 + 70 + 2) * 0x1p-24 * multiply_axes(P.abs(), x.abs(), Q.abs());
  const auto z = in_float(1);
  BOOST_TEST(((z.to(torch::kFloat64) - exact).abs() <= bound).all().item<bool>());
  BOOST_TEST(torch::equal(z, in_float(2)));
}

}  // namespace
}  // namespace restore
