// restore-sample: the same sample for the same seed and number, in files that were not there
// before.
#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

// A network at its smallest work; what `more` names replaces it.
Words call(const std::string& folder, const Words& more = {}) {
  Words words = {"restore-sample", "-o", folder};
  for (const auto& [flag, value] : std::map<std::string, std::string>{
           {"--size", "16x12"}, {"--steps", "3"}, {"--sampler", "dpm++2m"}})
    if (std::find(more.begin(), more.end(), flag) == more.end())
      words.insert(words.end(), {flag, value});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

BOOST_AUTO_TEST_CASE(a_sample_is_that_of_its_seed_and_number) {
  const ToolBench bench;
  bench.run_well(call("out/all", {"--count", "3"}));
  bench.run_well(call("out/one", {"--first", "2", "-j", "1"}));
  bench.run_well(call("out/other", {"--seed", "1"}));
  const auto second = read_bytes(bench / "out/all/sample-0002.png");
  BOOST_TEST(second == read_bytes(bench / "out/one/sample-0002.png"));
  BOOST_TEST(second != read_bytes(bench / "out/all/sample-0000.png"));
  BOOST_TEST(read_bytes(bench / "out/all/sample-0000.png") !=
             read_bytes(bench / "out/other/sample-0000.png"));
  BOOST_TEST(bench.contents().count("out/one/sample-0000.png") == 0U);
}

BOOST_AUTO_TEST_CASE(samples_have_the_size_and_the_kind_asked_for) {
  const ToolBench bench;
  bench.run_well(call("out", {"--channels", "1", "--format", "exr"}));
  const auto picture = read_raw(bench / "out/sample-0000.exr");
  BOOST_TEST(picture.width == 16);
  BOOST_TEST(picture.height == 12);
  BOOST_TEST(picture.channels == 1);
  BOOST_TEST((picture.type == SampleType::float32));
}

BOOST_AUTO_TEST_CASE(results_are_told_to_people_and_programs) {
  const ToolBench bench;
  const auto line = bench.run_well(call("out/a")).out;
  BOOST_TEST(line == "out/a/sample-0000.png: dpm++2m: 3 noise levels, 3 denoiser calls\n");
  const auto object = bench.run_well(call("out/b", {"--json"})).out;
  BOOST_TEST(object.find("\"denoiser_calls\":3") != std::string::npos, object);
  BOOST_TEST(bench.run_well(call("out/c", {"-q"})).out == "");
  BOOST_TEST(bench.run_well(call("out/d", {"-q", "--json"})).out.starts_with("{"));
}

// What is there already was drawn by the same call, or is drawn again.
BOOST_AUTO_TEST_CASE(a_call_goes_on_where_it_was_stopped) {
  const ToolBench bench;
  bench.run_well(call("out/a", {"--count", "3"}));
  const auto second = read_bytes(bench / "out/a/sample-0001.png");
  std::filesystem::remove(bench / "out/a/sample-0001.png");
  const Words rest{"--count", "3", "--skip-existing"};
  const auto told = bench.run_well(call("out/a", rest)).out;
  BOOST_TEST(lines_of(told).size() == 1U, told);
  BOOST_TEST(read_bytes(bench / "out/a/sample-0001.png") == second);
  BOOST_TEST(bench.run_well(call("out/a", rest)).out == "");
  bench.run_well(call("out/a", {"--count", "3", "--skip-existing", "--seed", "1"}));
  BOOST_TEST(read_bytes(bench / "out/a/sample-0001.png") != second);
  bench.run_well(
      call("out/a", {"--count", "3", "--skip-existing", "--seed", "1", "--channels", "1"}));
  BOOST_TEST(read_raw(bench / "out/a/sample-0001.png").channels == 1);
  write_bytes(bench / "out/sample-0000.png", "mine");
  const auto refused = bench.run(call("out", {"--skip-existing"}));
  BOOST_TEST(refused.exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(refused.err.find("no record") != std::string::npos, refused.err);
  BOOST_TEST(read_bytes(bench / "out/sample-0000.png") == "mine");
}

// The log is short enough for a disk of one KiB, the sample is not.
BOOST_AUTO_TEST_CASE(what_could_not_be_written_claims_nothing) {
  const ToolBench bench;
  auto words = call("out", {"--size", "64x64", "--format", "tif", "--skip-existing"});
  words.front() = RESTORE_TOOL_DIR "/restore-sample";
  words.insert(words.begin(), {"bash", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash"});
  const auto full = run_process(words, {.folder = bench.path()});
  BOOST_TEST(full.exit_code == static_cast<int>(ExitCode::some_failed), full.err);
  write_bytes(bench / "out/sample-0000.tif", "mine");
  words[2] = "exec \"$@\"";
  const auto refused = run_process(words, {.folder = bench.path()});
  BOOST_TEST(refused.exit_code == static_cast<int>(ExitCode::some_failed), refused.err);
  BOOST_TEST(read_bytes(bench / "out/sample-0000.tif") == "mine");
}

// As every other tool's: in the order of the numbers, what was done before included.
BOOST_AUTO_TEST_CASE(records_are_those_of_a_batch) {
  const ToolBench bench;
  const auto records = [&](const Words& more) {
    Words words = {"--count", "3", "--json", "--skip-existing"};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<Json> all;
    for (const auto& line : lines_of(bench.run_well(call("out", words)).out))
      all.push_back(Json::parse(line));
    BOOST_TEST_REQUIRE(all.size() == 3U);
    for (std::size_t i = 0; i < all.size(); ++i)
      BOOST_TEST(all[i].at("output").get<std::string>() ==
                 "out/sample-000" + std::to_string(i) + ".png");
    return all;
  };
  const auto before = bench.contents();
  BOOST_TEST(records({"-n", "--report", "r.html"})[0].at("status") == "planned");
  BOOST_TEST((bench.contents() == before));
  const auto drawn = records({"--max-memory", "300M"});
  BOOST_TEST(drawn[2].at("status") == "ok");
  BOOST_TEST(drawn[2].at("seconds").get<double>() >= 0);
  BOOST_TEST(!drawn[2].contains("input"));
  BOOST_TEST(records({})[1].at("status") == "skipped");
}

// Sanitizers need more of the address space than there is.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// What libtorch throws fails the sample, not the run: a picture of 13 GB in an address space of 8.
BOOST_AUTO_TEST_CASE(a_sample_that_memory_does_not_hold_fails_alone) {
  const ToolBench bench;
  auto words =
      call("out", {"--size", "33000x33000", "--report", "r.html", "--max-memory", "1000G"});
  words.front() = RESTORE_TOOL_DIR "/restore-sample";
  words.insert(words.begin(), {"bash", "-c", "ulimit -v 8000000; exec \"$@\"", "bash"});
  const auto result = run_process(words, {.folder = bench.path()});
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed), result.err);
  const auto lines = lines_of(result.err);
  BOOST_TEST_REQUIRE(!lines.empty());
  BOOST_TEST(lines.back().starts_with("restore-sample: out/sample-0000.png: "), result.err);
  BOOST_TEST(read_bytes(bench / "r.html").find("1 failed") != std::string::npos);
  BOOST_TEST(read_bytes(bench / "out/.restore-log.jsonl").find("failed") != std::string::npos);
}
#endif

BOOST_AUTO_TEST_CASE(a_texture_is_not_replaced_by_its_samples) {
  const ToolBench bench;
  std::filesystem::copy_file(bench / "photo.png", bench / "out/sample-0000.png");
  bench.check_refusal({"restore-sample", "--texture", "out/sample-0000.png", "--size", "9x9", "-o",
                       "out", "--overwrite"},
                      ExitCode::usage, {"sample-0000.png"});
}

BOOST_AUTO_TEST_CASE(lists_need_no_size) {
  const auto list = run_restore({"restore-sample", "--list-samplers"});
  BOOST_TEST(list.exit_code == 0, list.err);
  for (const std::string name : {"heun", "ddim", "langevin", "S_churn"})
    BOOST_TEST(list.out.find(name) != std::string::npos, list.out);
}

BOOST_AUTO_TEST_CASE(mistakes_are_refused_before_any_work) {
  const ToolBench bench;
  const auto refuse = [&](const Words& more, const Words& mentions) {
    bench.check_refusal(call("out/new", more), ExitCode::usage, mentions);
  };
  refuse({"--prior", "tv"}, {"tv", "MMSE"});
  refuse({"--prior", "nonsense"}, {"nonsense", "natural"});
  refuse({"--sampler", "nonsense"}, {"nonsense", "heun"});
  refuse({"--param", "eta=1"}, {"eta"});
  refuse({"--param", "S_churn=1", "--param", "S_churn=2"}, {"S_churn", "twice"});
  refuse({"--overwrite", "--skip-existing"}, {"--overwrite", "--skip-existing"});
  refuse({"--format", "xyz"}, {"xyz", "png"});
  refuse({"--size", "9000x9000"}, {"--size", "--max-memory"});
  refuse({"--sigma-max", "0.001"}, {"--sigma-min", "--sigma-max"});
  for (const std::string size : {"16", "0x4", "4x", "4x4x4", "-4x4"})
    refuse({"--size", size}, {"--size", "WIDTHxHEIGHT"});
  bench.check_refusal(call("photo.png"), ExitCode::usage, {"photo.png", "folder"});
  write_bytes(bench / "out/sample-0001.png", "precious");
  bench.check_refusal(call("out", {"--count", "2"}), ExitCode::usage,
                      {"sample-0001.png", "--overwrite"});
  bench.run_well(call("out", {"--count", "2", "--overwrite"}));
}

BOOST_AUTO_TEST_CASE(a_texture_is_continued_by_seed_and_number) {
  const ToolBench bench;
  const auto texture = [&](const std::string& folder, const Words& more) {
    Words words = {"restore-sample", "--texture", "photo.png", "--size", "30x40", "-o", folder};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  bench.run_well(texture("out/all", {"--count", "2", "--report", "r.html"}));
  const auto line = bench.run_well(texture("out/one", {"--first", "1", "-j", "1", "--json"})).out;
  BOOST_TEST(line.find("\"texture\":\"photo.png\"") != std::string::npos, line);
  const auto second = read_bytes(bench / "out/all/sample-0001.png");
  BOOST_TEST(second == read_bytes(bench / "out/one/sample-0001.png"));
  BOOST_TEST(second != read_bytes(bench / "out/all/sample-0000.png"));
  const auto picture = read_raw(bench / "out/one/sample-0001.png");
  BOOST_TEST(picture.width == 30);
  BOOST_TEST(picture.height == 40);
  BOOST_TEST(read_bytes(bench / "r.html").find("2 ok") != std::string::npos);
  write_raw(bench / "tiny.png", example_picture(15, 40));
  bench.check_refusal({"restore-sample", "--texture", "tiny.png", "--size", "9x9", "-o", "new"},
                      ExitCode::usage, {"15 x 40", "16 to 512"});
  bench.check_refusal({"restore-sample", "--texture", "no.png", "--size", "9x9", "-o", "new"},
                      ExitCode::no_input, {"no.png"});
  bench.check_refusal(texture("new", {"--prior", "natural"}), ExitCode::usage,
                      {"--prior", "--texture"});
}

}  // namespace
}  // namespace restore::testing
