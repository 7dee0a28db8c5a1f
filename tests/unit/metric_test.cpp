// PSNR and SSIM against values that can be worked out by hand and against scikit-image.
#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/metric/psnr.h"
#include "librestore/metric/scores.h"
#include "librestore/metric/ssim.h"
#include "librestore/model/shape.h"

namespace restore {
namespace {

// Both sides compute in float64 and differ by the order of about 1e5 additions.
constexpr double kRounding = 1e-10;

double reference_value(double c, double y, double x) {
  return 0.5 + 0.3 * std::sin(0.31 * x + 0.5 * c) * std::cos(0.17 * y) +
         0.15 * std::sin(0.05 * x * y / (1 + c));
}

double estimate_value(double c, double y, double x) {
  return reference_value(c, y, x) + (0.02 + 0.02 * c) * std::sin(1.7 * x + 2.3 * y + c) + 0.01 * c;
}

torch::Tensor picture(Shape shape, double (*value)(double, double, double)) {
  auto image = torch::empty(shape.batch(1), torch::kFloat64);
  double* out = image.data_ptr<double>();
  for (std::int64_t c = 0; c < shape.channels; ++c)
    for (std::int64_t y = 0; y < shape.height; ++y)
      for (std::int64_t x = 0; x < shape.width; ++x)
        *out++ = value(static_cast<double>(c), static_cast<double>(y), static_cast<double>(x));
  return image;
}

torch::Tensor constant(Shape shape, double value) {
  return torch::full(shape.batch(1), value, torch::kFloat64);
}

// scikit-image 0.26: structural_similarity(a, b, gaussian_weights=True, sigma=1.5,
// use_sample_covariance=False, data_range=1) and peak_signal_noise_ratio(a, b, data_range=1) of
// each channel of the two pictures above, and the latter of all channels.
struct Golden {
  Shape shape;
  std::vector<double> ssim, psnr;
  double psnr_of_all;
};

const std::vector<Golden>& golden_values() {
  static const std::vector<Golden> rows = {
      {{3, 80, 97},
       {0.99384382148111861, 0.97121099766740127, 0.92911214613121584},
       {36.99027668372095, 30.457493055986575, 26.574698687912885},
       29.585369403652969},
      {{1, 11, 11}, {0.97793893279485233}, {36.990503084915936}, 36.990503084915936},
      {{1, 150, 13}, {0.99007522737317633}, {36.98974339657773}, 36.98974339657773},
  };
  return rows;
}

BOOST_AUTO_TEST_CASE(agrees_with_scikit_image) {
  for (const auto& golden : golden_values()) {
    BOOST_TEST_CONTEXT("shape " << golden.shape.to_string()) {
      const auto reference = picture(golden.shape, reference_value);
      const auto estimate = picture(golden.shape, estimate_value);
      const auto tolerance = boost::test_tools::tolerance(kRounding);
      BOOST_TEST(ssim_per_channel(reference, estimate) == golden.ssim,
                 tolerance << boost::test_tools::per_element());
      BOOST_TEST(psnr_per_channel(reference, estimate) == golden.psnr,
                 tolerance << boost::test_tools::per_element());
      BOOST_TEST(psnr(reference, estimate) == golden.psnr_of_all, tolerance);
    }
  }
}

BOOST_AUTO_TEST_CASE(ssim_is_the_mean_over_channels) {
  const Shape shape{3, 80, 97};
  const auto values = golden_values()[0].ssim;
  const double mean = (values[0] + values[1] + values[2]) / 3;
  BOOST_TEST(ssim(picture(shape, reference_value), picture(shape, estimate_value)) == mean,
             boost::test_tools::tolerance(kRounding));
}

BOOST_AUTO_TEST_CASE(equal_pictures_are_infinitely_alike) {
  const auto image = picture({3, 20, 17}, reference_value);
  BOOST_TEST(psnr(image, image) == std::numeric_limits<double>::infinity());
  BOOST_TEST(ssim(image, image) == 1.0, boost::test_tools::tolerance(kRounding));
}

BOOST_AUTO_TEST_CASE(a_constant_error_of_a_tenth_is_20_db) {
  const Shape shape{3, 16, 12};
  BOOST_TEST(psnr(constant(shape, 0.5), constant(shape, 0.6)) == 20.0,
             boost::test_tools::tolerance(kRounding));
  // Flat pictures have no structure to lose: SSIM = (2 a b + C1) / (a^2 + b^2 + C1), C1 = 1e-4.
  const double luminance = (2 * 0.5 * 0.6 + 1e-4) / (0.25 + 0.36 + 1e-4);
  BOOST_TEST(ssim(constant(shape, 0.5), constant(shape, 0.6)) == luminance,
             boost::test_tools::tolerance(kRounding));
}

BOOST_AUTO_TEST_CASE(float_pictures_give_the_same_values) {
  const Shape shape{3, 80, 97};
  const auto reference = picture(shape, reference_value), estimate = picture(shape, estimate_value);
  // Rounding the pixels to float32 moves each by 3e-8 of an error of about 3e-2.
  const auto tolerance = boost::test_tools::tolerance(1e-5);
  BOOST_TEST(psnr(reference.to(torch::kFloat32), estimate.to(torch::kFloat32)) ==
                 psnr(reference, estimate),
             tolerance);
  BOOST_TEST(ssim(reference.to(torch::kFloat32), estimate.to(torch::kFloat32)) ==
                 ssim(reference, estimate),
             tolerance);
}

BOOST_AUTO_TEST_CASE(a_set_scores_the_mean_of_its_pictures) {
  const Shape shape{3, 16, 12};
  const auto grey = constant(shape, 0.5);
  const auto first = score(grey, constant(shape, 0.6));    // 20 dB
  const auto second = score(grey, constant(shape, 0.51));  // 40 dB
  const auto tolerance = boost::test_tools::tolerance(kRounding);
  const auto mean = mean_scores({first, second});
  BOOST_TEST(mean.psnr == 30.0, tolerance);
  BOOST_TEST(mean.channel_psnr == std::vector<double>(3, 30.0),
             tolerance << boost::test_tools::per_element());
  BOOST_TEST(mean.ssim.value() == (*first.ssim + *second.ssim) / 2, tolerance);
}

BOOST_AUTO_TEST_CASE(a_mean_leaves_out_what_a_picture_lacks) {
  const auto whole = score(constant({3, 16, 12}, 0.5), constant({3, 16, 12}, 0.6));
  const auto tiny_grey = score(constant({1, 10, 10}, 0.5), constant({1, 10, 10}, 0.6));
  BOOST_TEST(!tiny_grey.ssim.has_value());
  for (const auto& all : {std::vector{whole, tiny_grey}, std::vector{tiny_grey, whole}}) {
    const auto mean = mean_scores(all);
    BOOST_TEST(mean.psnr == 20.0, boost::test_tools::tolerance(kRounding));
    BOOST_TEST(!mean.ssim.has_value());
    BOOST_TEST(mean.channel_psnr.empty());
  }
}

BOOST_AUTO_TEST_CASE(scores_are_valid_json_even_when_infinite) {
  const auto image = constant({1, 16, 12}, 0.5);
  const auto json = Json::parse(to_json(score(image, image)).dump());
  BOOST_TEST(json.at("psnr").is_null());
  BOOST_TEST(json.at("psnr_per_channel").size() == 1U);
  BOOST_TEST(json.at("ssim").get<double>() == 1.0, boost::test_tools::tolerance(kRounding));
}

BOOST_AUTO_TEST_CASE(pictures_that_cannot_be_compared_are_refused) {
  const auto is_item_error = [](const Error& error) {
    return error.code() == ExitCode::some_failed;
  };
  const auto image = constant({3, 16, 12}, 0.5);
  for (const Shape other : {Shape{1, 16, 12}, Shape{3, 12, 16}, Shape{3, 16, 13}}) {
    BOOST_CHECK_EXCEPTION(psnr(image, constant(other, 0.5)), Error, is_item_error);
    BOOST_CHECK_EXCEPTION(psnr_per_channel(image, constant(other, 0.5)), Error, is_item_error);
    BOOST_CHECK_EXCEPTION(ssim(image, constant(other, 0.5)), Error, is_item_error);
  }
  const auto small = constant({3, 10, 40}, 0.5);
  BOOST_CHECK_EXCEPTION(ssim(small, small), Error, is_item_error);
}

}  // namespace
}  // namespace restore
