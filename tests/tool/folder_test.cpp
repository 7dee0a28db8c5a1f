// Folders: one bad picture does not stop the rest, and what is done stays done.
#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

// photos/a.png, photos/b.tif, photos/deep/c.png
void write_photos(const ToolBench& bench) {
  fs::create_directories(bench / "photos/deep");
  write_raw(bench / "photos/a.png", example_picture(48, 40));
  write_raw(bench / "photos/b.tif", example_picture(40, 48, 1, SampleType::uint16));
  write_raw(bench / "photos/deep/c.png", example_picture(30, 40));
}

Words deblur(const Words& more) {
  Words words = {"restore-deblur", "photos", "--psf",   "gaussian:1", "--prior", "tv",
                 "--noise",        "0.01",   "--steps", "2",          "-o",      "out"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<Json> records(const ProcessResult& result) {
  std::vector<Json> all;
  for (const auto& line : lines_of(result.out)) all.push_back(Json::parse(line));
  return all;
}

std::vector<std::string> statuses(const ProcessResult& result) {
  std::vector<std::string> all;
  for (const auto& record : records(result)) all.push_back(record.at("status"));
  return all;
}

// Pictures below a folder; the record that the tools keep there is no picture.
std::vector<std::string> pictures_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != ".restore-log.jsonl")
      names.push_back(entry.path().lexically_relative(folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

void check_equal(const std::vector<std::string>& actual, const std::vector<std::string>& expected) {
  BOOST_TEST(actual == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_bad_picture_does_not_stop_the_rest) {
  const ToolBench bench;
  write_photos(bench);
  write_bytes(bench / "photos/aa.png", "no picture");
  const auto result = bench.run(deblur({"--json"}));
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
  BOOST_TEST(result.err.find("photos/aa.png") != std::string::npos, result.err);
  check_equal(statuses(result), {"ok", "failed", "ok"});
  const auto all = records(result);
  BOOST_TEST(all[1].at("input").get<std::string>() == "photos/aa.png");
  BOOST_TEST(!all[1].at("error").get<std::string>().empty());
  BOOST_TEST(all[2].at("output").get<std::string>() == "out/b.tif");
  for (const auto& record : {all[0], all[2]}) BOOST_TEST(record.at("residual").get<double>() > 0);
  check_equal(pictures_below(bench / "out"), {"a.png", "b.tif"});
}

BOOST_AUTO_TEST_CASE(the_tree_is_kept) {
  const ToolBench bench;
  write_photos(bench);
  check_equal(statuses(bench.run_well(deblur({"-r", "--json"}))), {"ok", "ok", "ok"});
  check_equal(pictures_below(bench / "out"), {"a.png", "b.tif", "deep/c.png"});
  const auto deep = read_raw(bench / "out/deep/c.png");
  BOOST_TEST(deep.width == 30);
  BOOST_TEST(deep.height == 40);
}

BOOST_AUTO_TEST_CASE(a_dry_run_touches_nothing) {
  const ToolBench bench;
  write_photos(bench);
  const auto before = bench.contents();
  for (const Words& flags : {Words{"-n"}, Words{"-n", "--json"}, Words{"-n", "--skip-existing"}}) {
    const auto result = bench.run_well(deblur(flags));
    BOOST_TEST(lines_of(result.out).size() == 2U, result.out);
    BOOST_TEST(result.out.find("out/b.tif") != std::string::npos, result.out);
    BOOST_TEST((bench.contents() == before), "files have changed");
  }
}

BOOST_AUTO_TEST_CASE(what_is_done_is_skipped_and_what_changed_is_not) {
  const ToolBench bench;
  write_photos(bench);
  const Words again = deblur({"--json", "--skip-existing"});
  check_equal(statuses(bench.run_well(again)), {"ok", "ok"});
  const auto first = fs::last_write_time(bench / "out/a.png");
  check_equal(statuses(bench.run_well(again)), {"skipped", "skipped"});
  BOOST_TEST((fs::last_write_time(bench / "out/a.png") == first));

  write_raw(bench / "photos/a.png", example_picture(50, 40));
  check_equal(statuses(bench.run_well(again)), {"ok", "skipped"});
  BOOST_TEST(read_raw(bench / "out/a.png").width == 50);

  write_bytes(bench / "out/b.tif", "damaged");
  check_equal(statuses(bench.run_well(again)), {"skipped", "ok"});

  const Words more_noise = {
      "restore-deblur", "photos",  "--psf", "gaussian:1", "--prior", "tv",     "--noise",
      "0.02",           "--steps", "2",     "-o",         "out",     "--json", "--skip-existing"};
  check_equal(statuses(bench.run_well(more_noise)), {"ok", "ok"});
}

BOOST_AUTO_TEST_CASE(overwriting_is_possible_when_asked_for) {
  const ToolBench bench;
  write_photos(bench);
  write_bytes(bench / "out/a.png", "in the way");
  const auto refused = bench.run(deblur({"--json"}));
  BOOST_TEST(refused.exit_code == static_cast<int>(ExitCode::usage));
  BOOST_TEST(read_bytes(bench / "out/a.png") == "in the way");
  // Nobody knows where that file comes from, so it is not taken for done.
  BOOST_TEST(bench.run(deblur({"--skip-existing"})).exit_code ==
             static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(read_bytes(bench / "out/a.png") == "in the way");
  bench.run_well(deblur({"--overwrite"}));
  BOOST_TEST(read_raw(bench / "out/a.png").width == 48);
}

BOOST_AUTO_TEST_CASE(a_person_reads_a_line_a_picture_and_quiet_is_quiet) {
  const ToolBench bench;
  write_photos(bench);
  const auto lines = lines_of(bench.run_well(deblur({})).out);
  BOOST_TEST_REQUIRE(lines.size() == 2U);
  for (const auto& line : lines) {
    BOOST_TEST(line.find(" -> out/") != std::string::npos, line);
    BOOST_TEST(line.find("residual ") != std::string::npos, line);
    BOOST_TEST(line.find(" sigma") != std::string::npos, line);
  }
  BOOST_TEST(bench.run_well(deblur({"--overwrite", "-q"})).out == "");
}

}  // namespace
}  // namespace restore::testing
