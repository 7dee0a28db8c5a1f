// Pictures that do not fit in --max-memory are restored in parts, and nobody sees where the parts
// meet.
#include <algorithm>
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

using enum SampleType;

constexpr int kWidth = 560, kHeight = 410;
// What is left of it for pictures is 80 MB, too little for one of this size.
const Words kLittle = {"--max-memory", "380M"};

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

struct Pair {
  RawPicture whole, parts;
  Json record_of_whole{}, record{};  // `record`: of the parts
};

// The same call with memory for all and with little.
Pair restore_both(const ToolBench& bench, const Words& call) {
  const auto run = [&](const std::string& output, const Words& more) {
    const auto result = bench.run_well(call + Words{"-o", output, "--json"} + more);
    return Json::parse(lines_of(result.out).front());
  };
  const auto record_of_whole = run("whole.tif", {}), record = run("parts.tif", kLittle);
  BOOST_TEST(!record_of_whole.contains("parts"));
  BOOST_TEST(record.value("parts", 0) > 1);
  return {read_raw(bench / "whole.tif"), read_raw(bench / "parts.tif"), record_of_whole, record};
}

double largest_difference(const Pair& pair, int frame = 0) {
  BOOST_TEST_REQUIRE(pair.whole.samples.size() == pair.parts.samples.size());
  double largest = 0;
  for (int y = frame; y < pair.whole.height - frame; ++y)
    for (int x = frame; x < pair.whole.width - frame; ++x)
      for (int c = 0; c < 3; ++c)
        largest =
            std::max(largest, std::abs(pair.whole.value(y, x, c) - pair.parts.value(y, x, c)));
  return largest;
}

// The mean step from each column to the next, or from each row to the next.
std::vector<double> steps(const RawPicture& picture, bool rows, int frame) {
  const int count = rows ? picture.height : picture.width;
  const int length = rows ? picture.width : picture.height;
  std::vector<double> means;
  for (int i = frame + 1; i < count - frame; ++i) {
    double sum = 0;
    for (int k = frame; k < length - frame; ++k)
      for (int c = 0; c < 3; ++c)
        sum += rows ? std::abs(picture.value(i, k, c) - picture.value(i - 1, k, c))
                    : std::abs(picture.value(k, i, c) - picture.value(k, i - 1, c));
    means.push_back(sum / (3.0 * (length - 2 * frame)));
  }
  return means;
}

// At no row and no column, borders of parts among them, is the step another than in the whole.
// `frame` pixels on every side are left out.
void check_seamless(const Pair& pair, double relative, int frame = 0) {
  for (const bool rows : {false, true}) {
    const auto whole = steps(pair.whole, rows, frame), parts = steps(pair.parts, rows, frame);
    for (std::size_t i = 0; i < whole.size(); ++i)
      BOOST_TEST(std::abs(parts[i] - whole[i]) <= relative * whole[i],
                 (rows ? "row " : "column ") << frame + static_cast<int>(i) + 1 << ": " << parts[i]
                                             << ", whole " << whole[i]);
  }
}

void write_picture(const ToolBench& bench, int width = kWidth, int height = kHeight) {
  write_raw(bench / "large.tif", example_picture(width, height, 3, float32));
}

// One evaluation of a prior with a receptive field: equal to rounding.
BOOST_AUTO_TEST_CASE(a_denoised_picture_is_the_same_in_parts) {
  const ToolBench bench;
  write_picture(bench);
  const auto pair =
      restore_both(bench, {"restore-pnp", "large.tif", "--operator", "identity", "--solver",
                           "denoise", "--prior", "wavelet", "--noise", "0.05"});
  BOOST_TEST(largest_difference(pair) < 1e-5);
  BOOST_TEST(pair.record["denoiser_calls"] == pair.record["parts"]);
  // Parts count what they overlap in twice: the picture is alike everywhere, to a tenth.
  const auto residual = pair.record_of_whole["residual"].get<double>();
  BOOST_TEST(residual < 0.7);
  BOOST_TEST(pair.record["residual"].get<double>() == residual, boost::test_tools::tolerance(0.1));
}

// Several steps reach further than the halo, and a conjugate gradient sees the whole part. Half a
// step of 8 bits is what no eye sees, and the borders are no more different than that.
BOOST_AUTO_TEST_CASE(a_deblurred_picture_shows_no_seam) {
  const ToolBench bench;
  write_picture(bench);
  const auto pair = restore_both(bench, {"restore-deblur", "large.tif", "--psf", "gaussian:1.5",
                                         "--prior", "wavelet", "--noise", "0.01", "--steps", "2"});
  BOOST_TEST(largest_difference(pair) < 0.5 / 255);
  check_seamless(pair, 0.01);
}

BOOST_AUTO_TEST_CASE(an_enlarged_picture_shows_no_seam) {
  const ToolBench bench;
  write_picture(bench, kWidth / 2, kHeight / 2);
  const auto pair = restore_both(bench, {"restore-upscale", "large.tif", "-s", "2", "--prior",
                                         "wavelet", "--noise", "0.01", "--steps", "2"});
  BOOST_TEST(pair.parts.width == kWidth);
  BOOST_TEST(largest_difference(pair) < 0.5 / 255);
  check_seamless(pair, 0.01);
}

// Noise of every kind, at the same level in all parts. Correlations wrap around a part where they
// wrapped around the whole: measurements within 8 lengths of the frame, and what the kernel's 6
// pixels carry of them, are the model's way out in both, and not compared. The denoiser is one
// without thresholds, which make a step of a rounding at a few pixels.
BOOST_AUTO_TEST_CASE(any_noise_is_the_same_in_parts) {
  const ToolBench bench;
  write_picture(bench);
  write_raw(bench / "map.tif", make_raw(kWidth, kHeight, 1, float32, [](int y, int x, int) {
              return x + y < 500 ? 0.01 : 0.04;
            }));
  for (const char* noise :
       {"gaussian(map.tif)", "gaussian(channels:0.01,0.02,0.04)", "poisson(0.002)",
        "poisson-gaussian(0.001, 0.01)", "quantisation(5)", "correlated(0.02, length=2)"}) {
    BOOST_TEST_CONTEXT(noise) {
      const auto pair =
          restore_both(bench, {"restore-deblur", "large.tif", "--psf", "gaussian:1.5", "--prior",
                               "curvature:heat", "--steps", "2", "--noise", noise, "--overwrite"});
      const int frame = std::string(noise).starts_with("correlated") ? 8 * 2 + 6 : 0;
      BOOST_TEST(largest_difference(pair, frame) < 0.5 / 255);
      check_seamless(pair, 0.01, frame);
    }
  }
}

// Samples from all over the picture tell its noise to the 10 % that estimators are held to.
BOOST_AUTO_TEST_CASE(noise_that_parts_have_to_find_is_that_of_the_whole) {
  const ToolBench bench;
  write_picture(bench);
  struct Case {
    const char *noise, *option, *found;
    double sigma;  // at mid-grey
  };
  for (const auto& c : {Case{"poisson-gaussian(0.004, 0.01)", "auto(poisson-gaussian)",
                             "poisson-gaussian(", std::sqrt(0.5 * 0.004 + 0.01 * 0.01)},
                        Case{"0.03", "auto", "", 0.03}}) {
    bench.run_well({"restore-degrade", "large.tif", "--operator", "identity", "--noise", c.noise,
                    "-o", "y.tif", "--overwrite"});
    const auto result = bench.run_well(
        Words{"restore-pnp", "y.tif", "--operator", "identity", "--prior", "wavelet", "--solver",
              "hqs", "--steps", "1", "--noise", c.option, "-o", "x.tif", "--overwrite", "--json"} +
        kLittle);
    const auto record = Json::parse(lines_of(result.out).front());
    BOOST_TEST(record.value("parts", 0) > 1);
    BOOST_TEST(record.value("noise", "").starts_with(c.found));
    BOOST_TEST(std::abs(record.at("sigma").get<double>() / c.sigma - 1) < 0.1);
  }
}

BOOST_AUTO_TEST_CASE(holes_are_filled_in_parts_and_the_rest_is_untouched) {
  const ToolBench bench;
  write_raw(bench / "large.png", example_picture(kWidth, kHeight));
  write_raw(bench / "holes.png",
            example_mask(kWidth, kHeight, [](int y, int x) { return (x + y) % 41 < 2; }));
  const auto before = read_raw(bench / "large.png");
  for (const char* noise : {"auto", "poisson(0.001)"}) {
    bench.run_well(Words{"restore-inpaint", "large.png", "--mask", "holes.png", "--prior", "tv",
                         "--steps", "3", "--noise", noise, "-o", "parts.png", "--overwrite"} +
                   kLittle);
    const auto after = read_raw(bench / "parts.png");
    int changed = 0;
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        for (int c = 0; c < 3; ++c) {
          const bool same = before.sample(y, x, c) == after.sample(y, x, c);
          if ((x + y) % 41 >= 2) BOOST_TEST_REQUIRE(same);
          changed += !same;
        }
    BOOST_TEST(changed > 0, noise);
  }
}

// One small hole and parts that have none: what is told is what the whole tells. Where several
// parts see the hole, each of them computes its surroundings.
BOOST_AUTO_TEST_CASE(parts_without_holes_do_not_count) {
  const ToolBench bench;
  write_picture(bench);
  write_raw(bench / "hole.png", example_mask(kWidth, kHeight, [](int y, int x) {
              return std::hypot(y - kHeight + 20, x - kWidth + 20) < 5;
            }));
  const auto record = [&](const std::string& output, const Words& more) {
    const auto result =
        bench.run_well(Words{"restore-inpaint", "large.tif", "--mask", "hole.png", "--prior", "tv",
                             "--noise", "0.01", "-o", output, "--json"} +
                       more);
    return Json::parse(lines_of(result.out).front());
  };
  const auto whole = record("whole.tif", {}), parts = record("parts.tif", kLittle);
  BOOST_TEST(whole["regions"] == 1);
  const int times = parts["regions"];
  BOOST_TEST(times >= 1);
  BOOST_TEST(times < parts["parts"].get<int>());
  BOOST_TEST(parts["computed_pixels"].get<int>() == times * whole["computed_pixels"].get<int>());
  BOOST_TEST(parts["denoiser_calls"].get<int>() == times * whole["denoiser_calls"].get<int>());
  for (const char* same : {"iterations", "termination", "message"})
    BOOST_TEST(parts[same] == whole[same], same);
  for (const char* near : {"residual", "fixed_point_residual"})
    BOOST_TEST(std::abs(parts[near].get<double>() / whole[near].get<double>() - 1) < 1e-6, near);
}

// A hot pixel under the mask is neither the picture's range nor its noise.
BOOST_AUTO_TEST_CASE(what_holes_hold_does_not_matter) {
  const ToolBench bench;
  const auto is_hole = [](int y, int x) { return (x + y) % 41 < 2; };
  write_raw(bench / "holes.png", example_mask(kWidth, kHeight, is_hole));
  auto picture = example_picture(kWidth, kHeight, 3, float32);
  write_raw(bench / "clean.tif", picture);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      if (is_hole(y, x)) picture.set_value(y, x, 1, 1000);
  write_raw(bench / "hot.tif", picture);
  for (const Words& memory : {Words{}, kLittle}) {
    for (const std::string name : {"clean", "hot"})
      bench.run_well(Words{"restore-inpaint", name + ".tif", "--mask", "holes.png", "--prior", "tv",
                           "--steps", "3", "--noise", "auto", "-o", name + "-filled.tif",
                           "--overwrite"} +
                     memory);
    BOOST_TEST((read_raw(bench / "clean-filled.tif").samples ==
                read_raw(bench / "hot-filled.tif").samples));
  }
}

BOOST_AUTO_TEST_CASE(a_hole_larger_than_a_part_asks_for_memory) {
  const ToolBench bench;
  write_picture(bench);
  write_raw(bench / "border.png",
            example_mask(kWidth, kHeight, [](int, int x) { return x < kWidth - 40; }));
  bench.check_refusal(Words{"restore-inpaint", "large.tif", "--mask", "border.png", "--prior", "tv",
                            "--steps", "1", "-o", "out/a.tif"} +
                          kLittle,
                      ExitCode::some_failed, {"large.tif", "larger than a part", "--max-memory"});
}

BOOST_AUTO_TEST_CASE(a_prior_that_sees_past_the_overlap_says_so) {
  const ToolBench bench;
  write_picture(bench);
  const auto remark = [&](const std::string& prior) {
    const auto result = bench.run_well(Words{"restore-pnp", "large.tif", "--operator", "identity",
                                             "--solver", "denoise", "--prior", prior, "--noise",
                                             "0.05", "-o", prior + ".tif", "--json"} +
                                       kLittle);
    return Json::parse(lines_of(result.out).front()).value("remark", "");
  };
  BOOST_TEST(remark("tv").find("tv sees further") != std::string::npos);
  BOOST_TEST(remark("wavelet") == "");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_cut_says_so) {
  const ToolBench bench;
  write_picture(bench);
  bench.check_refusal(Words{"restore-deblur", "large.tif", "--psf", "disk:2", "--boundary",
                            "circular", "--prior", "tv", "--noise", "0.01", "-o", "out/a.tif"} +
                          kLittle,
                      ExitCode::some_failed, {"large.tif", "circular", "--max-memory"});
}

BOOST_AUTO_TEST_CASE(tiles_do_not_change_the_result) {
  const ToolBench bench;
  write_raw(bench / "photo.tif", example_picture(80, 60, 3, float32));
  const auto denoise = [&](const std::string& output, const Words& more) {
    bench.run_well(Words{"restore-pnp", "photo.tif", "--operator", "identity", "--solver",
                         "denoise", "--prior", "nlm", "--noise", "0.05", "-o", output} +
                   more);
    return read_raw(bench / output);
  };
  const Pair pair{denoise("whole.tif", {"--tile", "0"}), denoise("parts.tif", {"--tile", "24"})};
  BOOST_TEST(largest_difference(pair) < 1e-5);
  for (const char* tile : {"-3", "2.5", "many"})
    bench.check_refusal(
        {"restore-deblur", "photo.tif", "--psf", "disk:2", "--tile", tile, "-o", "out/a.tif"},
        ExitCode::usage, {"--tile"});
  bench.check_refusal({"restore-deblur", "photo.tif", "--psf", "disk:2", "--prior", "tv", "--tile",
                       "64", "-o", "out/a.tif"},
                      ExitCode::usage, {"'tv'", "cannot be tiled"});
}

}  // namespace
}  // namespace restore::testing
