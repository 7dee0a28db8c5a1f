// restore-compare: figures, pairing by stem, and idiff's exit codes.
#include <cmath>
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

// `other.png` differs from photo.png by what rounding to 16 levels does.
void write_other(const ToolBench& bench, const fs::path& name = "other.png") {
  const auto photo = read_raw(bench / "photo.png");
  write_raw(bench / name,
            make_raw(photo.width, photo.height, 3, SampleType::uint8, [&](int y, int x, int c) {
              return std::round(photo.value(y, x, c) * 15) / 15;
            }));
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> objects;
  for (const auto& line : lines_of(text)) objects.push_back(Json::parse(line));
  return objects;
}

BOOST_AUTO_TEST_CASE(figures_are_those_of_the_samples) {
  const ToolBench bench;
  write_other(bench);
  const double expected =
      psnr_between(read_raw(bench / "photo.png"), read_raw(bench / "other.png"));
  const auto result = bench.run_well({"restore-compare", "photo.png", "other.png", "--json"});
  const auto lines = json_lines(result.out);
  BOOST_TEST_REQUIRE(lines.size() == 1U);
  // float32 pixels: each error of about 1e-2 is off by 3e-8
  BOOST_TEST(lines[0].at("psnr").get<double>() == expected, boost::test_tools::tolerance(1e-5));
  BOOST_TEST(lines[0].at("psnr_per_channel").size() == 3U);
  BOOST_TEST(lines[0].at("ssim_per_channel").size() == 3U);
  BOOST_TEST(lines[0].at("ssim").get<double>() < 1.0);
  BOOST_TEST(lines[0].at("verdict").get<std::string>() == "pass");
  const auto text = bench.run_well({"restore-compare", "photo.png", "other.png"}).out;
  BOOST_TEST(lines_of(text).size() == 1U);
  BOOST_TEST(text.starts_with("other.png: PSNR "), text);
}

BOOST_AUTO_TEST_CASE(equal_pictures_reach_any_threshold) {
  const ToolBench bench;
  const auto result =
      bench.run_well({"restore-compare", "photo.png", "photo.png", "--json", "--fail", "99"});
  BOOST_TEST(json_lines(result.out).at(0).at("psnr").is_null());
}

BOOST_AUTO_TEST_CASE(thresholds_decide_the_exit_code) {
  const ToolBench bench;
  write_other(bench);
  const double value = psnr_between(read_raw(bench / "photo.png"), read_raw(bench / "other.png"));
  const auto below = std::to_string(value - 0.01), above = std::to_string(value + 0.01);
  const auto code = [&](Words thresholds) {
    Words words = {"restore-compare", "photo.png", "other.png"};
    words.insert(words.end(), thresholds.begin(), thresholds.end());
    return bench.run(words).exit_code;
  };
  BOOST_TEST(code({"--fail", below, "--warn", below}) == 0);
  BOOST_TEST(code({"--fail", below, "--warn", above}) == 1);
  BOOST_TEST(code({"--fail", above}) == 2);
  BOOST_TEST(code({"--warn", below, "--fail", above}) == 2);  // a wrong call
}

BOOST_AUTO_TEST_CASE(what_cannot_be_compared_has_codes_of_its_own) {
  const ToolBench bench;
  const auto check = [&](const std::string& image, int code) {
    const auto result = bench.run({"restore-compare", "photo.png", image});
    BOOST_TEST(result.exit_code == code, image << ": " << result.err);
    BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
    BOOST_TEST(result.err.find(image) != std::string::npos, result.err);
    BOOST_TEST(result.out == "");
  };
  write_raw(bench / "wide.png", example_picture(49, 40));
  write_raw(bench / "grey.png", example_picture(48, 40, 1));
  check("wide.png", 3);
  check("grey.png", 3);
  check("nowhere.png", 4);
  write_bytes(bench / "text.png", "no picture");
  check("text.png", 4);
  fs::create_directory(bench / "empty");
  check("empty", 4);
  const auto refused =
      bench.run({"restore-compare", "photo.png", "photo.png", "--max-pixels", "1919"});
  BOOST_TEST(refused.exit_code == 4);
  BOOST_TEST(refused.err.find("--max-pixels") != std::string::npos, refused.err);
  bench.run_well({"restore-compare", "photo.png", "photo.png", "--max-pixels", "1920"});
}

// truth/{a,b} against restored/{a,b}: the mean is that of the two lines before.
BOOST_AUTO_TEST_CASE(folders_pair_by_stem_and_end_in_a_mean) {
  const ToolBench bench;
  for (const std::string folder : {"truth", "restored"}) fs::create_directory(bench / folder);
  for (const std::string name : {"truth/a.png", "truth/b.png"})
    fs::copy_file(bench / "photo.png", bench / name);
  write_other(bench, "restored/a.png");
  write_raw(bench / "restored/b.tif", example_picture(48, 40, 3, SampleType::uint16));
  const auto result = bench.run_well({"restore-compare", "truth", "restored", "--json"});
  const auto lines = json_lines(result.out);
  BOOST_TEST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(lines[0].at("reference").get<std::string>() == "truth/a.png");
  BOOST_TEST(lines[1].at("image").get<std::string>() == "restored/b.tif");
  BOOST_TEST(lines[2].at("mean_of").get<int>() == 2);
  const auto mean = [&](const char* key) {
    return (lines[0].at(key).get<double>() + lines[1].at(key).get<double>()) / 2;
  };
  const auto rounding = boost::test_tools::tolerance(1e-12);
  BOOST_TEST(lines[2].at("psnr").get<double>() == mean("psnr"), rounding);
  BOOST_TEST(lines[2].at("ssim").get<double>() == mean("ssim"), rounding);
}

// The worst of all decides, not the last.
BOOST_AUTO_TEST_CASE(one_bad_picture_of_a_folder_decides_the_exit_code) {
  const ToolBench bench;
  for (const std::string folder : {"truth", "restored"}) fs::create_directory(bench / folder);
  for (const std::string name : {"truth/a.png", "truth/b.png", "restored/b.png"})
    fs::copy_file(bench / "photo.png", bench / name);
  write_other(bench, "restored/a.png");
  BOOST_TEST(bench.run({"restore-compare", "truth", "restored", "--fail", "90"}).exit_code == 2);
  BOOST_TEST(bench.run({"restore-compare", "truth", "restored", "--warn", "90"}).exit_code == 1);
}

BOOST_AUTO_TEST_CASE(a_partner_that_is_missing_is_told_and_the_rest_compared) {
  const ToolBench bench;
  for (const std::string folder : {"truth", "restored"}) fs::create_directory(bench / folder);
  for (const std::string name : {"truth/a.png", "truth/b.png", "restored/b.png", "restored/c.png"})
    fs::copy_file(bench / "photo.png", bench / name);
  const auto result = bench.run({"restore-compare", "truth", "restored"});
  BOOST_TEST(result.exit_code == 4);
  BOOST_TEST(lines_of(result.err).size() == 2U, result.err);
  BOOST_TEST(result.err.find("truth/a.png") != std::string::npos, result.err);
  BOOST_TEST(result.err.find("restored/c.png") != std::string::npos, result.err);
  BOOST_TEST(result.out.starts_with("restored/b.png: PSNR inf dB"), result.out);
}

// What lies outside [0,1] cannot be shown; --no-clip counts it.
// A link to itself: not even what it is can be told.
BOOST_AUTO_TEST_CASE(a_picture_that_cannot_be_looked_at_fails_alone) {
  const ToolBench bench;
  for (const std::string folder : {"truth", "restored"}) fs::create_directory(bench / folder);
  for (const std::string name : {"truth/a.png", "truth/b.png", "restored/b.png"})
    fs::copy_file(bench / "photo.png", bench / name);
  fs::create_symlink("a.png", bench / "restored/a.png");
  const auto result = bench.run({"restore-compare", "truth", "restored"});
  BOOST_TEST(result.exit_code == 4);
  BOOST_TEST(result.out.find("restored/b.png: PSNR") != std::string::npos, result.out);
  BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
  BOOST_TEST(result.err.find("restored/a.png") != std::string::npos, result.err);
}

BOOST_AUTO_TEST_CASE(values_are_clipped_unless_told_otherwise) {
  const ToolBench bench;
  const auto constant = [](double value) {
    return make_raw(16, 16, 3, SampleType::float32, [=](int, int, int) { return value; });
  };
  write_raw(bench / "one.exr", constant(1));
  write_raw(bench / "above.exr", constant(1.1));
  write_raw(bench / "black.exr", constant(0));
  write_raw(bench / "below.exr", constant(-0.1));
  const auto psnr_of = [&](const Words& flags) {
    Words words = {"restore-compare", "one.exr", "above.exr", "--json"};
    words.insert(words.end(), flags.begin(), flags.end());
    return json_lines(bench.run_well(words).out).at(0).at("psnr");
  };
  BOOST_TEST(psnr_of({}).is_null());
  const auto black = bench.run_well({"restore-compare", "black.exr", "below.exr", "--json"}).out;
  BOOST_TEST(json_lines(black).at(0).at("psnr").is_null());
  // An error of 0.1 everywhere is 20 dB; float32 holds 1.1 to 1e-7.
  BOOST_TEST(psnr_of({"--no-clip"}).get<double>() == 20.0, boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(trees_are_compared_place_by_place) {
  const ToolBench bench;
  for (const auto* place : {"truth/a.png", "truth/sub/a.png", "seen/a.tif", "seen/sub/a.png"}) {
    std::filesystem::create_directories((bench / place).parent_path());
    bench.run_well(
        {"restore-degrade", "photo.png", "--operator", "identity", "--overwrite", "-o", place});
  }
  const auto plain = bench.run_well({"restore-compare", "truth/", "seen/"}).out;
  BOOST_TEST(plain.find("sub") == std::string::npos, plain);
  const auto all = bench.run_well({"restore-compare", "-r", "truth/", "seen", "--json"}).out;
  BOOST_TEST(all.find("seen/sub/a.png") != std::string::npos, all);
  std::filesystem::rename(bench / "seen/sub", bench / "seen/bus");
  BOOST_TEST(bench.run({"restore-compare", "-r", "truth", "seen"}).exit_code == 4);
}

}  // namespace
}  // namespace restore::testing
