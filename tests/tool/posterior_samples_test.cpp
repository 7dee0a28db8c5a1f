// Posterior samples from the shell: --samples, --estimate, --uncertainty.
#include <cmath>
#include <numeric>

#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

// Few steps: what is drawn is not looked at, only where and how it is written.
Words inpaint_with(const Words& more) {
  Words words = {"restore-inpaint", "photo.png", "--mask", "mask.png", "--steps", "3"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

BOOST_AUTO_TEST_CASE(uncertainty_is_zero_outside_the_hole_and_not_inside) {
  const ToolBench bench;
  bench.run_well(inpaint_with({"--samples", "3", "--uncertainty", "u.tif", "-o", "filled.tif"}));
  const auto mask = read_raw(bench / "mask.png"), deviation = read_raw(bench / "u.tif");
  BOOST_TEST((deviation.type == SampleType::float32));
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x)
      for (int c = 0; c < 3; ++c)
        BOOST_TEST((deviation.value(y, x, c) > 0) == (mask.value(y, x, 0) > 0.5));
}

BOOST_AUTO_TEST_CASE(uncertainty_in_whole_numbers_is_four_times_as_large) {
  const ToolBench bench;
  for (const std::string file : {"u.tif", "u.png"})
    bench.run_well(inpaint_with({"--uncertainty", file, "--samples", "2", "-o", "of-" + file}));
  const auto exact = read_raw(bench / "u.tif"), coarse = read_raw(bench / "u.png");
  for (int y = 0; y < exact.height; ++y)
    for (int x = 0; x < exact.width; ++x)
      // Half a step of 8 bits, and float32's rounding.
      BOOST_TEST(std::abs(std::min(4 * exact.value(y, x, 1), 1.0) - coarse.value(y, x, 1)) <=
                 0.5 / 255 + 1e-6);
}

// Two samples a and b: their mean is the result, one of them --estimate sample, and their standard
// deviation |a - b| / sqrt(2) = sqrt(2) |a - mean|, times what the prior's card says of the method.
BOOST_AUTO_TEST_CASE(results_and_uncertainties_are_those_of_the_samples) {
  const ToolBench bench;
  const auto draw = [&](const Words& more) {
    Words words{"--method", "ddnm", "--json", "-o"};
    words.insert(words.end(), more.begin(), more.end());
    const auto record = Json::parse(bench.run_well(inpaint_with(words)).out);
    return std::pair{read_raw(bench / more.front()), record};
  };
  const auto [mean, record] = draw({"mean.tif", "--samples", "2", "--uncertainty", "u.tif"});
  const auto [a, unused] = draw({"a.tif", "--samples", "2", "--estimate", "sample"});
  const auto [alone, also_unused] = draw({"alone.tif", "--samples", "1"});
  const auto u = read_raw(bench / "u.tif");
  double sum = 0;
  for (int y = 0; y < u.height; ++y)
    for (int x = 0; x < u.width; ++x)
      for (int c = 0; c < 3; ++c) {
        sum += u.value(y, x, c);
        // The pictures are of 8 bits: half a step each.
        const double expected = std::sqrt(2.0) * std::abs(a.value(y, x, c) - mean.value(y, x, c));
        BOOST_TEST(std::abs(u.value(y, x, c) - expected) < std::sqrt(2.0) / 255);
        BOOST_TEST(std::abs(alone.value(y, x, c) - a.value(y, x, c)) < 1.01 / 255);
      }
  BOOST_TEST(record.at("mean_deviation").get<double>() == sum / (3.0 * u.height * u.width),
             boost::test_tools::tolerance(1e-4));  // float32
}

BOOST_AUTO_TEST_CASE(the_seed_decides_the_samples) {
  const ToolBench bench;
  const auto draw = [&](const std::string& seed, const std::string& threads,
                        const std::string& out) {
    bench.run_well(inpaint_with({"--method", "ddnm", "--estimate", "sample", "--seed", seed, "-j",
                                 threads, "--no-provenance", "-o", out}));
    return read_bytes(bench / out);
  };
  const auto first = draw("1", "1", "a.png");
  BOOST_TEST((draw("1", "2", "b.png") == first));
  BOOST_TEST((draw("2", "1", "c.png") != first));
}

BOOST_AUTO_TEST_CASE(several_pictures_have_a_folder_of_uncertainties) {
  const ToolBench bench;
  fs::create_directory(bench / "photos");
  for (const std::string name : {"a.png", "b.png"})
    fs::copy_file(bench / "photo.png", bench / "photos" / name);
  const Words words = {"restore-inpaint", "photos", "--mask", "mask.png", "--steps",      "2",
                       "--samples",       "2",      "-o",     "results/", "--uncertainty"};
  auto to_file = words, to_folder = words;
  to_file.push_back("u.exr");
  bench.check_refusal(to_file, ExitCode::usage, {"--uncertainty u.exr", "folder"});
  to_folder.push_back("u/");
  bench.run_well(to_folder);
  BOOST_TEST(fs::exists(bench / "u" / "a.exr"));
  BOOST_TEST(fs::exists(bench / "u" / "b.exr"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused) {
  const ToolBench bench;
  bench.check_refusal(inpaint_with({"--samples", "4", "--method", "hqs", "-o", "o.png"}),
                      ExitCode::usage, {"hqs draws no samples"});
  bench.check_refusal(inpaint_with({"--samples", "1", "--uncertainty", "u.exr", "-o", "o.png"}),
                      ExitCode::usage, {"one sample has no spread"});
  bench.check_refusal(
      inpaint_with({"--param", "samples=1", "--uncertainty", "u.exr", "-o", "o.png"}),
      ExitCode::usage, {"one sample has no spread"});
  bench.check_refusal(inpaint_with({"--method", "pigdm", "--param", "samples=abc", "-o", "o.png"}),
                      ExitCode::usage, {"samples", "abc"});
  bench.check_refusal(inpaint_with({"--samples", "2", "--uncertainty", "photo.png", "-o", "o.png"}),
                      ExitCode::usage, {"photo.png"});
  bench.check_refusal(inpaint_with({"--samples", "2", "--prior", "tv", "-o", "o.png"}),
                      ExitCode::usage, {"tv"});
  bench.check_refusal(inpaint_with({"--quality", "best", "-o", "o.png"}), ExitCode::usage,
                      {"--quality", "balanced"});
}

BOOST_AUTO_TEST_CASE(a_quality_is_a_method) {
  const ToolBench bench;
  const auto check = [&](const Words& more, const std::string& method) {
    Words words = {"--json", "-o", method + more.back() + ".png"};
    words.insert(words.end(), more.begin(), more.end());
    const auto out = bench.run_well(inpaint_with(words)).out;
    BOOST_TEST(out.find(method + ": 3 steps") != std::string::npos, out);
  };
  check({"--quality", "fast"}, "admm");
  check({"--quality", "high", "--estimate", "sample"}, "mmps");
  check({"--samples", "2"}, "mmps");
}

BOOST_AUTO_TEST_CASE(samples_that_are_averaged_take_fewer_steps) {
  const ToolBench bench;
  const auto message = [&](const std::string& samples) {
    return bench
        .run_well({"restore-inpaint", "photo.png", "--mask", "mask.png", "--method", "diffpir",
                   "--samples", samples, "--json", "-o", samples + ".png"})
        .out;
  };
  for (const auto& [samples, said] :
       {std::pair{"1", "diffpir: 50 steps"}, {"2", "diffpir: 20 steps"}})
    BOOST_TEST(message(samples).find(said) != std::string::npos);
}

// The same numbers in the noise of y and in the first state would be a chain that knows the noise.
BOOST_AUTO_TEST_CASE(a_sampler_does_not_draw_the_noise_that_restore_degrade_drew) {
  const ToolBench bench;
  const auto photo = read_raw(bench / "photo.png");
  write_raw(bench / "wide.png", example_mask(photo.width, photo.height, [&](int y, int x) {
              return y >= 4 && y < photo.height - 4 && x >= 4 && x < photo.width - 4;
            }));
  bench.run_well({"restore-degrade", "photo.png", "--operator", "identity", "--noise", "0.1",
                  "--seed", "0", "-o", "noisy.tif"});
  // After two steps a hole is still mostly what the chain began with.
  bench.run_well({"restore-inpaint", "photo.png", "--mask", "wide.png", "--noise", "0.01",
                  "--method", "langevin", "--steps", "2", "--estimate", "sample", "--seed", "0",
                  "-o", "drawn.tif"});
  const auto noisy = read_raw(bench / "noisy.tif"), drawn = read_raw(bench / "drawn.tif");
  std::vector<double> noise, state;
  for (int y = 4; y < photo.height - 4; ++y)
    for (int x = 4; x < photo.width - 4; ++x)
      for (int c = 0; c < 3; ++c) {
        noise.push_back(noisy.value(y, x, c) - photo.value(y, x, c));
        state.push_back(drawn.value(y, x, c) - photo.value(y, x, c));
      }
  const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  const double correlation = dot(noise, state) / std::sqrt(dot(noise, noise) * dot(state, state));
  // Of n independent pairs it is 0 +- 1 / sqrt(n); five of these.
  BOOST_TEST(std::abs(correlation) < 5 / std::sqrt(static_cast<double>(noise.size())));
}

}  // namespace
}  // namespace restore::testing
