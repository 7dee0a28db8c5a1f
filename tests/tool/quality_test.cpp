// Each tool brings a degraded photograph closer to the original.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

constexpr int kWidth = 96, kHeight = 80;

// A part of a photograph, as `truth.png`.
RawPicture write_truth(const ToolBench& bench) {
  const auto photo = read_raw(RESTORE_SOURCE_DIR "/data/samples/colosseum.jpg");
  const auto truth = crop(photo, 180, 120, kWidth, kHeight);
  write_raw(bench / "truth.png", truth);
  return truth;
}

void degrade(const ToolBench& bench, const std::string& expression, const std::string& noise) {
  bench.run_well(
      {"restore-degrade", "truth.png", "--operator", expression, "--noise", noise, "-o", "y.png"});
}

// The residual that the tool told: how well the result explains y.
double restore(const ToolBench& bench, Words words) {
  words.insert(words.end(), {"--prior", "tv", "--json"});
  return Json::parse(bench.run_well(words).out).at("residual");
}

// The middle of the original that a measurement of `width` x `height` shows.
RawPicture middle(const RawPicture& picture, int width, int height) {
  return crop(picture, (picture.width - width) / 2, (picture.height - height) / 2, width, height);
}

// Every pixel of `small` as a block of factor x factor.
RawPicture repeated(const RawPicture& small, int factor) {
  return make_raw(small.width * factor, small.height * factor, 3, SampleType::uint8,
                  [&](int y, int x, int c) { return small.value(y / factor, x / factor, c); });
}

// The gains that the tests ask for are about a third of what total variation reaches on this
// photograph (2.6 dB deblurring, 2.1 dB upscaling, 19 dB inpainting, 6.4 dB denoising): they test
// the tools, not the prior.

BOOST_AUTO_TEST_CASE(deblurring_sharpens) {
  const ToolBench bench;
  const auto truth = write_truth(bench);
  degrade(bench, "blur(gaussian:1.6)", "2.55/255");
  const double residual = restore(bench, {"restore-deblur", "y.png", "--psf", "gaussian:1.6",
                                          "--noise", "2.55/255", "-o", "x.png"});
  const auto y = read_raw(bench / "y.png"), x = read_raw(bench / "x.png");
  BOOST_TEST_REQUIRE(x.width == y.width);
  BOOST_TEST_REQUIRE(x.height == y.height);
  const auto shown = middle(truth, y.width, y.height);
  BOOST_TEST_MESSAGE("deblur: " << psnr_between(shown, y) << " -> " << psnr_between(shown, x));
  BOOST_TEST(psnr_between(shown, x) > psnr_between(shown, y) + 0.8);
  // The noise that was added is what the estimate leaves unexplained: far below 1 it was fitted,
  // far above 1 the picture was not. 20000 values settle the root mean square to 1 %; the rest is
  // what an estimate with as many unknowns as values may fit.
  BOOST_TEST(residual > 0.8);
  BOOST_TEST(residual < 1.1);
}

BOOST_AUTO_TEST_CASE(upscaling_beats_repeated_pixels) {
  const ToolBench bench;
  const auto truth = write_truth(bench);
  degrade(bench, "downsample(2)", "0");
  restore(bench, {"restore-upscale", "y.png", "-s", "2", "-o", "x.png"});
  const auto y = read_raw(bench / "y.png"), x = read_raw(bench / "x.png");
  BOOST_TEST_REQUIRE(x.width == kWidth);
  BOOST_TEST_REQUIRE(x.height == kHeight);
  const auto nearest = repeated(y, 2);
  BOOST_TEST_MESSAGE("upscale: " << psnr_between(truth, nearest) << " -> "
                                 << psnr_between(truth, x));
  BOOST_TEST(psnr_between(truth, x) > psnr_between(truth, nearest) + 0.7);
}

BOOST_AUTO_TEST_CASE(inpainting_brings_back_half_of_the_pixels) {
  const ToolBench bench;
  const auto truth = write_truth(bench);
  // Philox would do; a Weyl sequence is enough for holes without pattern.
  const auto is_hole = [](int y, int x) {
    const double phase = (y * kWidth + x) * 0.6180339887498949 + 7e-3 * y * y;
    return phase - static_cast<int>(phase) < 0.5;
  };
  write_raw(bench / "holes.png", example_mask(kWidth, kHeight, is_hole));
  auto holed = truth;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      for (int c = 0; c < 3; ++c)
        if (is_hole(y, x)) holed.set_value(y, x, c, 0);
  write_raw(bench / "y.png", holed);
  restore(bench, {"restore-inpaint", "y.png", "--mask", "holes.png", "-o", "x.png"});
  const auto x = read_raw(bench / "x.png");
  BOOST_TEST_MESSAGE("inpaint: " << psnr_between(truth, holed) << " -> " << psnr_between(truth, x));
  BOOST_TEST(psnr_between(truth, x) > psnr_between(truth, holed) + 6);
}

// restore-degrade writes the job, restore-pnp undoes it: the whole scene comes back.
BOOST_AUTO_TEST_CASE(a_job_undoes_what_a_degradation_did) {
  const ToolBench bench;
  const auto truth = write_truth(bench);
  degrade(bench, "blur(gaussian:1.2) | downsample(2)", "2/255");
  const double residual =
      restore(bench, {"restore-pnp", "y.png", "--job", "y.json", "-o", "x.png"});
  const auto x = read_raw(bench / "x.png");
  BOOST_TEST_REQUIRE(x.width == kWidth);
  BOOST_TEST_REQUIRE(x.height == kHeight);
  const auto nearest = repeated(read_raw(bench / "y.png"), 2);
  const auto shown = middle(truth, nearest.width, nearest.height);
  const double before = psnr_between(shown, nearest);
  const double after = psnr_between(shown, middle(x, nearest.width, nearest.height));
  BOOST_TEST_MESSAGE("job: " << before << " -> " << after << ", residual " << residual);
  BOOST_TEST(after > before + 0.7);
  // Five unknowns a value: much of the noise can be fitted, so only the upper side tells something.
  BOOST_TEST(residual < 1.1);
}

BOOST_AUTO_TEST_CASE(denoising_is_one_evaluation_of_the_prior) {
  const ToolBench bench;
  const auto truth = write_truth(bench);
  degrade(bench, "identity", "25/255");
  restore(bench, {"restore-pnp", "y.png", "--operator", "identity", "--solver", "denoise",
                  "--noise", "25/255", "-o", "x.png"});
  const auto y = read_raw(bench / "y.png"), x = read_raw(bench / "x.png");
  BOOST_TEST_MESSAGE("denoise: " << psnr_between(truth, y) << " -> " << psnr_between(truth, x));
  BOOST_TEST(psnr_between(truth, x) > psnr_between(truth, y) + 2);
}

// Nobody says how noisy the picture is: the tool finds out, within a third.
BOOST_AUTO_TEST_CASE(the_noise_is_estimated) {
  const ToolBench bench;
  write_truth(bench);
  degrade(bench, "identity", "10/255");
  const auto result = bench.run_well({"restore-pnp", "y.png", "--operator", "identity", "--solver",
                                      "denoise", "--prior", "tv", "--json", "-o", "x.png"});
  const double sigma = Json::parse(result.out).at("sigma");
  BOOST_TEST(sigma == 10.0 / 255, boost::test_tools::tolerance(0.33));
}

// What a file has done to its values is noise, too: rounding at least, and what an estimate does
// not see of compression; a float file has done nothing.
BOOST_AUTO_TEST_CASE(no_picture_has_less_noise_than_its_file) {
  const ToolBench bench;
  const auto ramp = [](SampleType type) {
    return make_raw(64, 64, 3, type,
                    [](int y, int x, int c) { return 0.2 + 0.004 * x + 0.005 * y + 0.02 * c; });
  };
  write_raw(bench / "y.png", ramp(SampleType::uint8));
  write_raw(bench / "y.jpg", ramp(SampleType::uint8));
  write_raw(bench / "y.tif", ramp(SampleType::float32));
  const auto sigma = [&](const std::string& file, const std::string& noise) -> double {
    const auto result =
        bench.run_well({"restore-deblur", file, "--psf", "gaussian:1", "--prior", "tv", "--steps",
                        "1", "--noise", noise, "--json", "--overwrite", "-o", "x.png"});
    return 255 * Json::parse(result.out).at("sigma").get<double>();
  };
  const auto close = boost::test_tools::tolerance(1e-9);
  BOOST_TEST(sigma("y.png", "auto") == 0.5, close);
  BOOST_TEST(sigma("y.jpg", "auto") == 2.0, close);
  std::filesystem::copy_file(bench / "y.jpg", bench / "y.JPE");
  BOOST_TEST(sigma("y.JPE", "auto") == 2.0, close);
  BOOST_TEST(sigma("y.tif", "auto") < 0.1);
  BOOST_TEST(sigma("y.png", "0") == 1 / std::sqrt(12.0), close);
  BOOST_TEST(sigma("y.tif", "0") == 0);
}

BOOST_AUTO_TEST_CASE(a_mixture_of_patches_is_trained_shown_and_used) {
  const ToolBench bench;
  write_truth(bench);
  // Another part of the photograph to learn from.
  const auto photo = read_raw(RESTORE_SOURCE_DIR "/data/samples/colosseum.jpg");
  std::filesystem::create_directory(bench / "photos");
  write_raw(bench / "photos/a.png", crop(photo, 20, 20, 150, 100));
  const Words train{"restore-train", "photos", "-o",        "m.safetensors", "--kind",       "gmm",
                    "--components",  "8",      "--patches", "4000",          "--iterations", "8"};
  BOOST_TEST(bench.run(train).exit_code == 0);
  bench.check_refusal(train, ExitCode::usage, {"m.safetensors", "--overwrite"});
  const auto file = (bench / "m.safetensors").string();
  const auto card = Json::parse(run_restore({"restore-prior", "info", file}).out);
  BOOST_TEST(card["components"] == 8);
  BOOST_TEST(card["patches"] == 4000);
  BOOST_TEST(run_restore({"restore-prior", "verify", file}).exit_code == 0);
  degrade(bench, "identity", "25/255");
  for (const std::string prior : {"gmm:m.safetensors", "m.safetensors"}) {
    bench.run_well({"restore-pnp", "y.png", "--operator", "identity", "--noise", "25/255",
                    "--prior", prior, "-o", "x.png", "--overwrite"});
    const auto truth = read_raw(bench / "truth.png"), y = read_raw(bench / "y.png");
    BOOST_TEST(psnr_between(truth, read_raw(bench / "x.png")) > psnr_between(truth, y) + 4);
  }
}

// The measurement holds frequencies, whose values do not end where the scene's do.
BOOST_AUTO_TEST_CASE(a_part_of_the_frequencies_gives_the_picture) {
  const ToolBench bench;
  const auto truth = write_truth(bench);
  bench.run_well({"restore-degrade", "truth.png", "--operator", "fourier(random:0.4)", "--noise",
                  "0.01", "-o", "y.exr"});
  const double residual =
      restore(bench, {"restore-pnp", "y.exr", "--job", "y.json", "-o", "x.png"});
  const double after = psnr_between(truth, read_raw(bench / "x.png"));
  BOOST_TEST_MESSAGE("frequencies: " << after << ", residual " << residual);
  // 22.3 dB and 0.77. A scene taken for as bright as its zero frequency: 20.1 dB, its noise fitted
  // too (0.17).
  BOOST_TEST(after > 21.2);
  BOOST_TEST(residual > 0.5);
  BOOST_TEST(residual < 1.2);
}

BOOST_AUTO_TEST_CASE(four_frames_show_more_than_one) {
  const ToolBench bench;
  const auto truth = write_truth(bench);
  const std::string burst =
      "[downsample(2) ; shift(1, 0) | downsample(2) ; shift(0, 1) | downsample(2) ; "
      "shift(1, 1) | downsample(2)]";
  degrade(bench, burst, "0.01");
  // The frames lie below each other in one picture; as files of their own they mean the same.
  const auto film = read_raw(bench / "y.png");
  BOOST_TEST_REQUIRE(film.height == 4 * kHeight / 2);
  for (int i = 0; i < 4; ++i)
    write_raw(bench / ("frame" + std::to_string(i) + ".png"),
              crop(film, 0, i * kHeight / 2, kWidth / 2, kHeight / 2));
  restore(bench,
          {"restore-pnp", "y.png", "--operator", burst, "--noise", "0.01", "-o", "film.png"});
  restore(bench, {"restore-pnp", "frame0.png", "--frames", "frame1.png", "frame2.png", "frame3.png",
                  "--operator", burst, "--noise", "0.01", "-o", "files.png"});
  restore(bench, {"restore-pnp", "frame0.png", "--operator", "downsample(2)", "--noise", "0.01",
                  "-o", "one.png"});
  const auto four = read_raw(bench / "files.png"), one = read_raw(bench / "one.png");
  BOOST_TEST(psnr_between(read_raw(bench / "film.png"), four) > 50);
  BOOST_TEST_MESSAGE("frames: " << psnr_between(truth, one) << " -> " << psnr_between(truth, four));
  BOOST_TEST(psnr_between(truth, four) > psnr_between(truth, one) + 0.8);
  // What cannot be meant.
  bench.check_refusal({"restore-pnp", "frame0.png", "frame1.png", "--frames", "frame2.png",
                       "--operator", "[identity ; identity]", "-o", "out/"},
                      ExitCode::usage, {"--frames"});
  bench.check_refusal({"restore-pnp", "frame0.png", "--frames", "frame1.png", "frame2.png",
                       "--operator", burst, "-o", "x.png"},
                      ExitCode::usage, {"3 frames", "4 branches"});
}

BOOST_AUTO_TEST_CASE(a_mosaic_becomes_a_picture_in_colour) {
  const ToolBench bench;
  const auto truth = write_truth(bench);
  degrade(bench, "mosaic", "0.003");
  BOOST_TEST(read_raw(bench / "y.png").channels == 1);
  restore(bench,
          {"restore-pnp", "y.png", "--operator", "mosaic", "--noise", "0.003", "-o", "x.png"});
  const auto x = read_raw(bench / "x.png");
  BOOST_TEST_REQUIRE(x.channels == 3);
  // Every channel from the nearest pixel that has it, in its 2 x 2 cell.
  const auto nearest = make_raw(kWidth, kHeight, 3, SampleType::uint8, [&](int y, int j, int c) {
    return truth.value(y / 2 * 2 + (c == 2), j / 2 * 2 + (c != 0), c);
  });
  BOOST_TEST_MESSAGE("mosaic: " << psnr_between(truth, nearest) << " -> "
                                << psnr_between(truth, x));
  BOOST_TEST(psnr_between(truth, x) > psnr_between(truth, nearest) + 1.5);
}

}  // namespace
}  // namespace restore::testing
