// Float pictures reach beyond white: what they hold there survives.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

constexpr int kWidth = 64, kHeight = 48;
constexpr double kPeak = 12;  // a lamp, in units of white

RawPicture lamp(SampleType type, bool with_scratch) {
  auto picture = example_picture(kWidth, kHeight, 3, type);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      for (int c = 0; c < 3; ++c) {
        const double glow = kPeak * std::exp(-(std::pow(x - 32, 2) + std::pow(y - 24, 2)) / 60.0);
        const bool scratch = with_scratch && x == y;
        picture.set_value(y, x, c, scratch ? 0 : picture.value(y, x, c) + glow);
      }
  return picture;
}

double largest(const RawPicture& picture) {
  double value = 0;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) value = std::max(value, picture.value(y, x, 0));
  return value;
}

BOOST_AUTO_TEST_CASE(inpainting_fills_a_lamp_with_light) {
  for (const auto type : {SampleType::half, SampleType::float32}) {
    const ToolBench bench;
    write_raw(bench / "lamp.exr", lamp(type, true));
    write_raw(bench / "holes.png",
              example_mask(kWidth, kHeight, [](int y, int x) { return x == y; }));
    bench.run_well({"restore-inpaint", "lamp.exr", "--mask", "holes.png", "--prior", "tv", "-o",
                    "out/lamp.exr"});
    const auto truth = lamp(type, false), filled = read_raw(bench / "out/lamp.exr");
    BOOST_TEST((filled.type == type));
    // (24, 24) lies in the hole, 8 px from the lamp's middle, at 12 exp(-64/60) = 4.1 units of
    // white.
    BOOST_TEST(filled.value(24, 24, 0) > 2);
    BOOST_TEST(filled.value(24, 24, 0) == truth.value(24, 24, 0),
               boost::test_tools::tolerance(0.25));
    BOOST_TEST((filled.sample(24, 32, 1) == truth.sample(24, 32, 1)));
  }
}

BOOST_AUTO_TEST_CASE(what_a_format_cuts_off_is_told) {
  const ToolBench bench;
  write_raw(bench / "lamp.exr", lamp(SampleType::half, false));
  for (const auto& [output, cut] :
       std::vector<std::pair<std::string, bool>>{{"a.png", true}, {"a.exr", false}}) {
    const auto line = bench
                          .run_well({"restore-pnp", "lamp.exr", "--operator", "identity", "--prior",
                                     "tv", "--noise", "0.01", "-o", output})
                          .out;
    BOOST_TEST((line.find("values above 1 are cut off") != std::string::npos) == cut, line);
  }
}

BOOST_AUTO_TEST_CASE(every_restoring_tool_keeps_what_is_above_white) {
  const ToolBench bench;
  write_raw(bench / "lamp.exr", lamp(SampleType::float32, false));
  for (const Words& call :
       {Words{"restore-deblur", "--psf", "gaussian:0.8"}, Words{"restore-upscale", "-s", "2"},
        Words{"restore-pnp", "--operator", "identity", "--solver", "denoise"}}) {
    Words words = call;
    const auto output = "out/" + call[0] + ".exr";
    words.insert(words.end(), {"lamp.exr", "--prior", "tv", "--noise", "0.01", "-o", output});
    bench.run_well(words);
    const auto result = read_raw(bench / output);
    BOOST_TEST((result.type == SampleType::float32));
    // Blur undone can only raise a peak; a total variation may lower it a little.
    BOOST_TEST(largest(result) > 0.9 * kPeak, call[0] << ": " << largest(result));
    BOOST_TEST(largest(result) < 2 * kPeak, call[0] << ": " << largest(result));
  }
}

BOOST_AUTO_TEST_CASE(a_measurement_in_floats_is_not_clipped) {
  const ToolBench bench;
  write_raw(bench / "lamp.exr", lamp(SampleType::half, false));
  bench.run_well({"restore-degrade", "lamp.exr", "--operator", "identity", "--noise", "0.2", "-o",
                  "out/y.exr"});
  const auto y = read_raw(bench / "out/y.exr");
  BOOST_TEST(largest(y) > 0.9 * kPeak);
  int below = 0;
  for (int row = 0; row < kHeight; ++row)
    for (int x = 0; x < kWidth; ++x) below += y.value(row, x, 0) < 0 ? 1 : 0;
  BOOST_TEST(below > 0);
}

}  // namespace
}  // namespace restore::testing
