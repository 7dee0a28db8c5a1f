// Nonlinear operators where the laws say too little: JPEG beside libjpeg, curves beside their
// definitions, proxes beside a search.
#include <OpenImageIO/imageio.h>
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "operators/factory.h"
#include "operators/nonlinear/jpeg.h"
#include "operators/nonlinear/jpeg_tables.h"
#include "operators/nonlinear/response.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

// Waves and an edge in colours that no coding clips: 1 x 3 x 50 x 71 of 8 bits.
torch::Tensor photograph() {
  const auto row = torch::arange(50, torch::kFloat32).view({1, 1, 50, 1});
  const auto column = torch::arange(71, torch::kFloat32).view({1, 1, 1, 71});
  const auto waves = 0.12 * (0.5 * row + 0.2 * column).sin() * (0.13 * column).cos();
  const auto edge = 0.15 * ((row + 2 * column > 90).to(torch::kFloat32));
  const auto red = 0.4 + waves + edge, green = 0.45 + 0.8 * waves.roll(5, 3) - edge;
  const auto x = torch::cat({red, green, 0.6 - waves + 0.5 * edge}, 1);
  return (255 * x).round() / 255;
}

// What libjpeg makes of it, by way of OpenImageIO.
torch::Tensor through_libjpeg(const torch::Tensor& x, int quality, const std::string& chroma) {
  const testing::TemporaryFolder folder;
  const auto path = (folder / "y.jpg").string();
  const auto height = static_cast<int>(x.size(2)), width = static_cast<int>(x.size(3));
  OIIO::ImageSpec spec(width, height, 3, OIIO::TypeDesc::UINT8);
  spec.attribute("compression", "jpeg:" + std::to_string(quality));
  spec.attribute("jpeg:subsampling", chroma);
  auto bytes = (255 * x[0]).round().to(torch::kUInt8).permute({1, 2, 0}).contiguous();
  auto out = OIIO::ImageOutput::create(path);
  BOOST_REQUIRE(out->open(path, spec));
  BOOST_REQUIRE(out->write_image(OIIO::TypeDesc::UINT8, bytes.data_ptr()));
  out->close();
  auto in = OIIO::ImageInput::open(path);
  BOOST_REQUIRE(in->read_image(0, 0, 0, 3, OIIO::TypeDesc::UINT8, bytes.data_ptr()));
  return bytes.permute({2, 0, 1}).unsqueeze(0).to(torch::kFloat32) / 255;
}

// Coefficients of the whole blocks, each plane in units of its step: 3 x rows x columns x 8 x 8.
torch::Tensor in_steps(const torch::Tensor& y, int quality) {
  const auto T = jpeg_cosines();
  const auto ycc = torch::einsum("dc,nchw->ndhw", {jpeg_colour_matrix(), y.to(torch::kFloat64)})[0];
  const auto blocks = ycc.unfold(1, 8, 8).unfold(2, 8, 8);
  const auto luma = jpeg_steps(quality, false), chroma = jpeg_steps(quality, true);
  return torch::matmul(torch::matmul(T, blocks), T.t()) /
         torch::stack({luma, chroma, chroma}).view({3, 1, 1, 8, 8});
}

BOOST_AUTO_TEST_CASE(jpeg_agrees_with_libjpeg_within_a_step) {
  const auto x = photograph();
  for (const int quality : {10, 50, 90}) {
    BOOST_TEST_CONTEXT("quality " << quality) {
      const Jpeg A({3, 50, 71}, {quality, {1, 1}});
      const auto theirs = through_libjpeg(x, quality, "4:4:4");
      const auto difference = (in_steps(A.apply(x), quality) - in_steps(theirs, quality)).abs();
      // libjpeg rounds samples to 8 bits before and after: half a unit each, and up to eight times
      // that in one coefficient where all conspire; one step where that has tipped a coefficient
      // over.
      const double slack = 4 / (255 * jpeg_steps(quality, false).min().item<double>());
      BOOST_TEST(difference.max().item<double>() <= 1 + slack);
      // Few are tipped.
      BOOST_TEST(difference.gt(0.5 + slack / 4).to(torch::kFloat64).mean().item<double>() < 0.02);
    }
  }
}

BOOST_AUTO_TEST_CASE(jpeg_with_less_chroma_agrees_with_libjpeg) {
  const auto x = photograph();
  for (const int quality : {30, 90}) {
    const auto difference = [&](const char* name, const ChromaSampling& sampling) {
      const auto ours = Jpeg({3, 50, 71}, {quality, sampling}).apply(x);
      return (ours - through_libjpeg(x, quality, name)).abs().mean().item<double>();
    };
    // What rounding samples to 8 bits leaves, by the coefficients that it tips over; a chroma
    // filter that is off by a pixel or by its weights leaves more than twice as much.
    const double rounding = difference("4:4:4", {1, 1});
    BOOST_TEST(rounding < 1.0 / 255);
    BOOST_TEST(difference("4:2:0", {2, 2}) < 1.4 * rounding);
    BOOST_TEST(difference("4:2:2", {1, 2}) < 1.4 * rounding);
  }
}

BOOST_AUTO_TEST_CASE(the_prox_of_jpeg_finds_what_it_rounded) {
  // Any picture, far from the one that was coded, is brought to one that is coded alike.
  const Jpeg A({3, 48, 64}, {20, {1, 1}});
  const auto x = photograph().narrow(2, 0, 48).narrow(3, 0, 64).to(torch::kFloat64);
  const auto y = A.apply(x);
  const auto p = A.prox(0.9 * x + 0.05, y, 1e-4);
  BOOST_TEST((A.apply(p) - y).abs().max().item<double>() < 1e-9);
  // And moves hardly further than to the cell: the truth, which is in it, is no nearer but for the
  // margin.
  const auto distance = [&](const torch::Tensor& a) { return (a - 0.9 * x - 0.05).norm(); };
  BOOST_TEST(distance(p).item<double>() <= 1.1 * distance(x).item<double>());
}

BOOST_AUTO_TEST_CASE(a_lost_phase_is_found_up_to_a_turn) {
  // Clouds of full contrast, other ones in each channel.
  Rng rng(5);
  const Shape shape{2, 48, 57};
  const auto clouds = build_operator("blur(gaussian:2, boundary=reflect)", {shape, false})
                          ->apply(randn(rng, shape));
  const auto x = (0.5 + 2 * clouds).clamp(0, 1);
  const auto A = build_operator("magnitude(2)", {shape, false});
  const auto clean = A->apply(x), noise = randn(rng, A->output_shape());
  const auto error = [&](const torch::Tensor& found) {
    const auto rms = [&](const torch::Tensor& truth) {
      return (found - truth).square().mean().sqrt().item<double>();
    };
    return std::min(rms(x), rms(x.flip({2, 3})));
  };
  // From an even grey a descent stays 0.1 away.
  BOOST_TEST(error(A->initial_estimate(clean + 0.002 * noise)) < 0.01);
  // A picture does not depend on its batch.
  const auto batch = torch::cat({clean.flip({1}), clean});
  BOOST_TEST(torch::equal(A->initial_estimate(batch)[1], A->initial_estimate(clean)[0]));
}

BOOST_AUTO_TEST_CASE(curves_are_their_definitions) {
  const auto x = torch::linspace(-0.2, 1.2, 141, torch::kFloat64);
  const auto inside = x.ge(0.01).logical_and(x.le(1));
  const auto agrees = [&](const ResponseCurve& curve, const torch::Tensor& expected) {
    return torch::allclose(curve.value(x).masked_select(inside), expected.masked_select(inside));
  };
  BOOST_TEST(agrees(ResponseCurve::gamma(2.2), x.clamp_min(0).pow(1 / 2.2)));
  BOOST_TEST(agrees(ResponseCurve::srgb(), 1.055 * x.clamp_min(0).pow(1 / 2.4) - 0.055));
  const auto squares = torch::linspace(0, 1, 1001, torch::kFloat64).square();
  const auto table = ResponseCurve::table(squares);
  BOOST_TEST((table.value(x) - x.square()).masked_select(inside).abs().max().item<double>() < 1e-6);
  for (const auto& curve : {ResponseCurve::gamma(2.2), ResponseCurve::srgb(), table})
    BOOST_TEST(torch::allclose(curve.inverse(curve.value(x)), x, 1e-9, 1e-9));
  BOOST_CHECK_THROW(ResponseCurve::table(torch::tensor({0.0, 0.5, 0.4})), Error);
}

BOOST_AUTO_TEST_CASE(pointwise_proxes_are_minima) {
  // Against all of a fine grid, for pairs of what is measured and what is wanted.
  const auto grid = torch::linspace(-0.5, 2, 5001, torch::kFloat64).view({5001, 1, 1, 1});
  for (const std::string expression :
       {"clip", "clip(exposure=2)", "response(gamma:2.2)", "response(srgb)", "quantise(2)"}) {
    const auto A = build_operator(expression, {{1, 1, 1}, false});
    for (const double y : {0.1, 0.4, 1.0})
      for (const double v : {-0.1, 0.3, 0.75, 1.4})
        for (const double rho : {0.01, 1.0}) {
          BOOST_TEST_CONTEXT(expression << " y " << y << " v " << v << " rho " << rho) {
            const auto energy = [&](const torch::Tensor& x) {
              return (A->apply(x) - y).square() + rho * (x - v).square();
            };
            const auto at = [](double number) {
              return torch::full({1, 1, 1, 1}, number, torch::kFloat64);
            };
            const double found = energy(A->prox(at(v), at(y), rho)).item<double>();
            // A cell's edge is kept a thousandth of a level away from.
            BOOST_TEST(found <= energy(grid).min().item<double>() * 1.01 + 1e-6);
          }
        }
  }
}

}  // namespace
}  // namespace restore
