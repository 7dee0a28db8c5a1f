// Noise models and jobs through the tools: what restore-degrade has made, every tool undoes by its
// job.
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

using namespace restore;
using restore::testing::ToolBench;
using restore::testing::Words;

namespace {

Json undone(const ToolBench& bench, Words words) {
  words.insert(words.end(), {"--prior", "tv", "--json", "-o", "x.png"});
  return Json::parse(bench.run_well(words).out);
}

void degrade(const ToolBench& bench, const std::string& expression, const std::string& noise,
             const std::string& output) {
  bench.run_well(
      {"restore-degrade", "photo.png", "--operator", expression, "--noise", noise, "-o", output});
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_noise_model_is_undone_by_its_job) {
  const std::pair<const char*, const char*> cases[] = {
      {"0.03", "identity"},
      {"gaussian(channels:0.01,0.05,0.1)", "identity"},
      {"correlated(0.05, length=1)", "blur(gaussian:1, boundary=circular)"},
      {"poisson(0.02)", "identity"},
      {"poisson-gaussian(0.01, 0.02)", "blur(gaussian:1)"},
      {"quantisation(4)", "blur(gaussian:1)"},
  };
  for (const auto& [noise, expression] : cases) {
    BOOST_TEST_CONTEXT(expression << " with " << noise) {
      const ToolBench bench;
      degrade(bench, expression, noise, "y.tif");
      const auto record = undone(bench, {"restore-pnp", "y.tif", "--job", "y.json"});
      // Half as much noise again is what an edge-keeping prior may leave, or less where it fits
      // noise.
      BOOST_TEST(record["residual"].get<double>() < 1.5);
      BOOST_TEST(record["residual"].get<double>() > 0.3);
      BOOST_TEST(record.contains("psnr"));
    }
  }
}

// Methods that are made of an operator's spectrum take noise that is not diagonal in it, and a
// single call of the prior takes any, by adding to it; they say so.
BOOST_AUTO_TEST_CASE(noise_is_made_white_for_methods_that_ask_for_it) {
  const ToolBench bench;
  degrade(bench, "mask(random:0.5)", "correlated(0.05, length=1)", "holed.tif");
  degrade(bench, "blur(gaussian:1, boundary=circular)", "poisson(0.01)", "blurred.tif");
  degrade(bench, "identity", "gaussian(channels:0.01,0.05,0.1)", "noisy.tif");
  const auto check = [&](const std::string& name, Words words) {
    words.insert(words.begin(),
                 {"restore-pnp", name + ".tif", "--job", name + ".json", "--overwrite"});
    const auto record = undone(bench, words);
    const auto remark = record.value("remark", "");
    BOOST_TEST(remark.find(words.back() + " asks for white noise") != std::string::npos, remark);
    BOOST_TEST(record.contains("psnr"));
  };
  for (const char* name : {"holed", "blurred"})
    for (const char* method : {"ddrm", "ddnm+"}) check(name, {"--steps", "3", "--method", method});
  check("noisy", {"--method", "denoise"});
  const auto kept = undone(bench, {"restore-pnp", "noisy.tif", "--job", "noisy.json", "--method",
                                   "ddnm", "--steps", "3", "--overwrite"});
  BOOST_TEST(!kept.contains("remark"));
}

// What is a hole does not depend on the noise.
BOOST_AUTO_TEST_CASE(patches_fill_holes_under_any_noise) {
  for (const char* noise :
       {"correlated(0.02, length=2)", "poisson(0.01)", "gaussian(channels:0.01,0.02,0.1)"}) {
    BOOST_TEST_CONTEXT(noise) {
      const ToolBench bench;
      degrade(bench, "mask(box:10,12,6,6)", noise, "holed.png");
      const auto words =
          Words{"restore-inpaint", "holed.png", "--job", "holed.json", "--prior", "self",
                "--json",          "-o",        "x.png"};
      BOOST_TEST(Json::parse(bench.run_well(words).out).contains("psnr"));
    }
  }
}

BOOST_AUTO_TEST_CASE(each_tool_takes_the_job_of_its_own_operator) {
  const ToolBench bench;
  degrade(bench, "blur(gaussian:1)", "poisson(0.01)", "blurred.png");
  degrade(bench, "downsample(2)", "0.02", "small.png");
  degrade(bench, "mask(box:10,12,6,6)", "poisson(0.01)", "holed.png");
  const auto sharp = undone(bench, {"restore-deblur", "blurred.png", "--job", "blurred.json"});
  const auto large =
      undone(bench, {"restore-upscale", "small.png", "--job", "small.json", "--overwrite"});
  const auto filled =
      undone(bench, {"restore-inpaint", "holed.png", "--job", "holed.json", "--overwrite"});
  for (const auto& record : {sharp, large, filled}) BOOST_TEST(record.contains("psnr"));
  BOOST_TEST(sharp["noise"] == "poisson(0.01)");
  BOOST_TEST(large["sigma"] == 0.02);
  BOOST_TEST(filled["noise"] == "poisson(0.01)");
}

BOOST_AUTO_TEST_CASE(another_tools_job_is_refused_in_one_line) {
  const ToolBench bench;
  degrade(bench, "mask(box:10,12,6,6)", "0", "holed.png");
  degrade(bench, "blur(gaussian:1)", "0.02", "blurred.png");
  for (const Words& words :
       {Words{"restore-deblur", "holed.png", "--job", "holed.json", "-o", "x.png"},
        Words{"restore-upscale", "holed.png", "--job", "holed.json", "-o", "x.png"},
        Words{"restore-inpaint", "blurred.png", "--job", "blurred.json", "-o", "x.png"}})
    bench.check_refusal(words, ExitCode::usage, {".json", words[0], "restore-pnp"});
  bench.check_refusal({"restore-deblur", "holed.png", "-o", "x.png"}, ExitCode::usage,
                      {"--psf", "--job"});
}

BOOST_AUTO_TEST_CASE(a_job_is_of_a_picture_of_its_size) {
  const ToolBench bench;
  degrade(bench, "mask(random:0.5)", "0", "y.png");
  bench.run_well({"restore-degrade", "photo.png", "--operator", "crop(3)", "-o", "small.png"});
  for (const std::string tool : {"restore-inpaint", "restore-pnp"})
    bench.check_refusal({tool, "small.png", "--job", "y.json", "-o", "x.png"},
                        ExitCode::some_failed, {"small.png", "its job says 3x40x48"});
}

BOOST_AUTO_TEST_CASE(a_bad_job_is_its_pictures_matter_alone) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "y");
  for (const char* name : {"a", "b", "c"})
    degrade(bench, "blur(gaussian:1)", "0.02", fmt::format("y/{}.tif", name));
  testing::write_bytes(bench / "y/b.json", "{");
  degrade(bench, "downsample(2)", "0.02", "y/d.tif");
  const auto result = bench.run({"restore-deblur", "y", "--job", "y", "--prior", "tv", "-o", "x/"});
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
  const auto lines = testing::lines_of(result.err);
  BOOST_TEST_REQUIRE(lines.size() == 2U, result.err);
  BOOST_TEST(lines[0].find("y/b.json") != std::string::npos, lines[0]);
  BOOST_TEST(lines[1].find("restore-pnp takes any") != std::string::npos, lines[1]);
  for (const char* done : {"x/a.tif", "x/c.tif"})
    BOOST_TEST(std::filesystem::exists(bench / done), done);
}

// A scene of more than 1 is judged as restore-compare judges it.
BOOST_AUTO_TEST_CASE(psnr_is_that_of_restore_compare) {
  const ToolBench bench;
  testing::write_raw(bench / "bright.exr",
                     testing::make_raw(32, 24, 3, SampleType::float32,
                                       [](int y, int x, int) { return (x + y) / 30.0; }));
  bench.run_well({"restore-degrade", "bright.exr", "--operator", "identity", "--noise", "0.02",
                  "-o", "y.exr"});
  const auto record = Json::parse(bench
                                      .run_well({"restore-pnp", "y.exr", "--job", "y.json",
                                                 "--prior", "tv", "--json", "-o", "x.exr"})
                                      .out);
  const auto judged =
      Json::parse(bench.run_well({"restore-compare", "bright.exr", "x.exr", "--json"}).out);
  // Both have the same floats: what is left is the order of their sums.
  BOOST_TEST(record["psnr"].get<double>() == judged["psnr"].get<double>(),
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(a_job_makes_its_measurement_again) {
  const ToolBench bench;
  degrade(bench, "blur(gaussian:1) | downsample(2)", "poisson-gaussian(0.01, 0.02)", "y.tif");
  bench.run_well({"restore-degrade", "photo.png", "--job", "y.json", "-o", "out/y.tif"});
  BOOST_TEST(testing::read_bytes(bench / "y.tif") == testing::read_bytes(bench / "out/y.tif"));
}

BOOST_AUTO_TEST_CASE(nonlinear_operators_are_undone_by_methods_that_can) {
  const ToolBench bench;
  degrade(bench, "jpeg(30)", "0", "y.png");
  BOOST_TEST(undone(bench, {"restore-pnp", "y.png", "--job", "y.json"})["residual"].get<double>() <
             20);
  for (const std::string method : {"fista", "daps"})
    undone(bench, {"restore-pnp", "y.png", "--job", "y.json", "--method", method, "--steps", "3",
                   "--overwrite"});
  bench.check_refusal({"restore-pnp", "y.png", "--job", "y.json", "--prior", "tv", "--method",
                       "ddnm", "-o", "z.png"},
                      ExitCode::usage, {"ddnm needs a linear operator"});
}

// One bit of a dark picture is nothing; that is what was to be measured.
BOOST_AUTO_TEST_CASE(a_measurement_may_be_black) {
  const ToolBench bench;
  testing::write_raw(bench / "dark.png", testing::make_raw(24, 20, 3, SampleType::uint8,
                                                           [](int, int, int) { return 0.2; }));
  bench.run_well({"restore-degrade", "dark.png", "--operator", "quantise(1)", "-o", "y.png"});
  BOOST_TEST(testing::read_raw(bench / "y.png").value(3, 4, 1) == 0);
}

BOOST_AUTO_TEST_CASE(an_operator_is_checked_on_demand) {
  const ToolBench bench;
  const auto checked = [&](const std::string& expression, const std::string& size = "20x16x1") {
    return bench.run_well({"restore-degrade", "--check", expression, "--size", size}).out;
  };
  BOOST_TEST(checked("blur(gaussian:1)").find("condition") != std::string::npos);
  BOOST_TEST(checked("mask(random:0.5)").find("spectrum") != std::string::npos);
  BOOST_TEST(checked("blur(box:3) | jpeg(50)").find("vjp") != std::string::npos);
  // More numbers than a dense matrix is made for.
  for (const std::string expression : {"blur(disk:2)", "response(srgb)"}) {
    const auto out = checked(expression, "96x80");
    BOOST_TEST(out.find("condition  at least ") != std::string::npos, out);
    BOOST_TEST(out.find("steps of bidiagonalisation") != std::string::npos, out);
  }
  bench.check_refusal({"restore-degrade", "--check", "blur(gausian:1)", "--size", "20x16"},
                      ExitCode::usage, {"column 6"});
  for (const std::string size : {"20", "20x", "0x3", "20x16x1x1", "ax3"})
    bench.check_refusal({"restore-degrade", "--size", size, "--check", "identity"}, ExitCode::usage,
                        {"--size " + size});
}

// The key of the noise is the picture's place in the tree, wherever it is reached from.
BOOST_AUTO_TEST_CASE(a_job_of_a_tree_makes_its_measurement_again) {
  const ToolBench bench;
  std::filesystem::create_directories(bench / "tree/sub");
  std::filesystem::copy(bench / "photo.png", bench / "tree/sub/photo.png");
  const auto told = bench.run_well(
      {"restore-degrade", "-r", "tree", "--operator", "identity", "--noise", "0.1", "-o", "y"});
  BOOST_TEST(told.out.find("undo: restore-pnp -r y --job y") != std::string::npos, told.out);
  bench.run_well(
      {"restore-degrade", "tree/sub/photo.png", "--job", "y/sub/photo.json", "-o", "again.png"});
  const auto first = testing::read_bytes(bench / "y/sub/photo.png");
  BOOST_TEST(testing::read_bytes(bench / "again.png") == first);
  // And the one that is made again remembers it.
  bench.run_well({"restore-degrade", "photo.png", "--job", "again.json", "-o", "third.png"});
  BOOST_TEST(testing::read_bytes(bench / "third.png") == first);
}

BOOST_AUTO_TEST_CASE(a_folder_of_jobs_is_undone_as_each_of_them) {
  const auto both = [](const char* expression, const char* noise) {
    const ToolBench bench;
    std::filesystem::create_directory(bench / "y");
    degrade(bench, expression, noise, "y/a.tif");
    testing::write_bytes(bench / "y/notes.json", "{}");  // no job
    auto alone = undone(bench, {"restore-pnp", "y/a.tif", "--job", "y/a.json"});
    const auto record =
        bench.run_well({"restore-pnp", "y", "--job", "y", "--prior", "tv", "--json", "-o", "x/"});
    auto together = Json::parse(record.out);
    for (auto* one : {&alone, &together})
      for (const char* field : {"input", "output", "seconds"}) one->erase(field);
    BOOST_TEST(alone == together, expression);
    return alone;
  };
  BOOST_TEST(both("identity", "0.05")["denoiser_calls"] == 1);
  BOOST_TEST(!both("identity", "poisson(0.02)").contains("remark"));
  both("mask(random:0.5)", "0.05");
  both("jpeg(10)", "0.05");
}

BOOST_AUTO_TEST_CASE(a_scene_is_never_written_to_and_need_not_be_sound) {
  const ToolBench bench;
  degrade(bench, "identity", "0.05", "y.png");
  const Words words{"restore-pnp", "y.png", "--job",       "y.json",
                    "--prior",     "tv",    "--overwrite", "-o"};
  auto onto_the_scene = words;
  onto_the_scene.push_back("photo.png");
  bench.check_refusal(onto_the_scene, ExitCode::usage, {"photo.png", "never overwritten"});
  testing::write_bytes(bench / "photo.png", "damaged");
  const auto record = undone(bench, {"restore-pnp", "y.png", "--job", "y.json"});
  BOOST_TEST(!record.contains("psnr"));
  BOOST_TEST(record.value("remark", "").find("photo.png") != std::string::npos, record.dump());
}
