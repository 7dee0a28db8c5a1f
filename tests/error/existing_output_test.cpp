// What is there is kept, unless the user says otherwise.
#include <boost/test/unit_test.hpp>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

BOOST_AUTO_TEST_CASE(an_output_that_exists_is_refused_with_the_way_out) {
  const ToolBench bench;
  write_bytes(bench / "out/a.png", "precious");
  for (const auto& call : single_picture_calls("photo.png", "out/a.png"))
    bench.check_refusal(call, ExitCode::usage, {"out/a.png", "--overwrite"});
}

BOOST_AUTO_TEST_CASE(two_inputs_for_one_output_are_refused) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "other");
  std::filesystem::copy_file(bench / "photo.png", bench / "other/photo.png");
  bench.check_refusal(
      {"restore-degrade", "photo.png", "other/photo.png", "--operator", "identity", "-o", "out"},
      ExitCode::usage, {"photo.png"});
}

// Two names for one place: nothing is there when it is planned, and the map when the picture is
// ready.
BOOST_AUTO_TEST_CASE(what_comes_to_exist_meanwhile_is_kept) {
  const ToolBench bench;
  std::filesystem::create_symlink("out", bench / "link");
  const auto result =
      bench.run({"restore-inpaint", "photo.png", "--mask", "mask.png", "--steps", "3", "--samples",
                 "2", "--uncertainty", "link/a.png", "-o", "out/a.png"});
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
  BOOST_TEST(result.err.find("out/a.png: has come to exist") != std::string::npos, result.err);
  BOOST_TEST(bench.contents().contains("out/a.png"));
}

// A trace is the only thing that another run's may replace.
BOOST_AUTO_TEST_CASE(what_is_no_trace_is_kept) {
  const ToolBench bench;
  const Words call{"restore-pnp", "photo.png", "--operator", "identity", "--prior", "tv",
                   "--noise",     "0.05",      "--trace",    "t.json",   "-o",      "out/"};
  const auto with = [&](const std::string& flag) {
    auto words = call;
    words.push_back(flag);
    return words;
  };
  bench.run_well(call);
  std::filesystem::remove(bench / "out/photo.png");
  bench.check_refusal(call, ExitCode::usage, {"--trace t.json", "--overwrite"});
  std::filesystem::remove_all(bench / "out");
  bench.run_well(with("--skip-existing"));
  write_bytes(bench / "t.json", "{\"precious\": 1}");
  bench.check_refusal(with("--skip-existing"), ExitCode::usage, {"no trace", "--overwrite"});
  bench.run_well(with("--overwrite"));
}

// One file a picture, also where the names of two differ in their extensions only.
BOOST_AUTO_TEST_CASE(two_pictures_for_one_file_beside_them_are_refused) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "pair");
  bench.run_well({"restore-degrade", "photo.png", "--operator", "identity", "-o", "pair/a.png"});
  bench.run_well({"restore-degrade", "photo.png", "--operator", "identity", "-o", "pair/a.tif",
                  "--overwrite"});
  for (const auto& call :
       {Words{"restore-pnp", "pair", "--operator", "identity", "--samples", "2", "--uncertainty",
              "maps/", "-o", "out"},
        Words{"restore-deblur", "pair", "--blind", "--save-psf", "maps/", "-o", "out"},
        Words{"restore-degrade", "pair", "--operator", "identity", "-o", "out"}})
    bench.check_refusal(call, ExitCode::usage, {"a."});
}

BOOST_AUTO_TEST_CASE(a_file_beside_the_output_that_nobody_made_here_is_kept) {
  const ToolBench bench;
  std::filesystem::create_directory(bench / "in");
  std::filesystem::copy_file(bench / "photo.png", bench / "in/photo.png");
  write_bytes(bench / "out/photo.json", "precious");
  Words call{"restore-degrade", "in", "--operator", "identity", "-o", "out"};
  bench.check_refusal(call, ExitCode::usage, {"photo.json", "--overwrite"});
  call.push_back("--skip-existing");
  bench.check_refusal(call, ExitCode::some_failed, {"photo.json", "--overwrite"});
  BOOST_TEST(read_bytes(bench / "out/photo.json") == "precious");
  std::filesystem::remove(bench / "out/photo.json");
  bench.run_well(call);
  // What a killed run left is made again.
  std::filesystem::remove(bench / "out/photo.png");
  bench.run_well(call);
}

}  // namespace
}  // namespace restore::testing
