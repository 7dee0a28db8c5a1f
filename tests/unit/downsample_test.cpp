// Downsampling against Pillow, OpenImageIO and the definition.
#include "operators/resample/downsample.h"

#include <OpenImageIO/imagebuf.h>
#include <OpenImageIO/imagebufalgo.h>
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "operators/kernel/kernels.h"
#include "operators/resample/decimation.h"
#include "operators/resample/resize.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

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

// The numbers below: Pillow 13.0.0, Image.fromarray(pattern.astype(float32), "F").resize(...); seven
// digits are printed.
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

BOOST_AUTO_TEST_CASE(bicubic_enlargement_is_pillows) {
  // resize((8, 6), BICUBIC) of the first 3 rows, 4 columns: rows 0 and 3
  const auto pillow = matrix(
      {-0.1115917, 0.0183997, 0.2935497, 0.5651087, 0.81373, 0.7423598, 0.376708, 0.2041523}, 1, 8);
  const auto enlarged = enlarge(pattern(3, 4), {1, 6, 8}, 2);
  BOOST_TEST(testing::largest_difference(enlarged.narrow(2, 0, 1), pillow) < kPillowDigits);
}

// What OpenImageIO makes of the pattern.
torch::Tensor oiio_resize(std::int64_t height, std::int64_t width, std::int64_t factor,
                          const char* filter) {
  const auto x = pattern(height, width).to(torch::kFloat32);
  const OIIO::ImageSpec spec(static_cast<int>(width), static_cast<int>(height), 1,
                             OIIO::TypeDesc::FLOAT);
  const OIIO::ImageBuf source(spec, x.data_ptr<float>());
  const auto h = height / factor, w = width / factor;
  const OIIO::ROI roi(0, static_cast<int>(w), 0, static_cast<int>(h), 0, 1, 0, 1);
  const OIIO::ImageBuf small = OIIO::ImageBufAlgo::resize(source, filter, 0.0f, roi);
  auto result = torch::empty({1, 1, h, w}, torch::kFloat32);
  small.get_pixels(roi, OIIO::TypeDesc::FLOAT, result.data_ptr<float>());
  return result;
}

BOOST_AUTO_TEST_CASE(openimageio_agrees) {
  for (const std::int64_t factor : {2, 4}) {
    const auto x = pattern(32, 40);
    const Downsample area({1, 32, 40}, factor, ResizeFilter::area);
    // 1e-6: OpenImageIO computes in float32.
    BOOST_TEST(testing::largest_difference(area.apply(x), oiio_resize(32, 40, factor, "box")) <
               1e-6);
    // Its cubic continues the picture beyond the frame where ours is cut off: two samples at each side.
    const auto inside = [](const torch::Tensor& y) {
      return y.slice(2, 2, y.size(2) - 2).slice(3, 2, y.size(3) - 2);
    };
    const Downsample cubic({1, 32, 40}, factor, ResizeFilter::bicubic);
    BOOST_TEST(testing::largest_difference(inside(cubic.apply(x)),
                                           inside(oiio_resize(32, 40, factor, "keys"))) < 1e-6);
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

}  // namespace
}  // namespace restore
