// Ctrl-C: nothing half-written stays, and the next call goes on where this one stopped.
#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kCount = 40;

// Pictures that take a while each, so that a signal after a second arrives in their midst.
void write_photos(const ToolBench& bench) {
  fs::create_directory(bench / "photos");
  write_raw(bench / "photos/10.png", example_picture(160, 120));
  for (int i = 11; i < 10 + kCount; ++i)
    fs::copy_file(bench / "photos/10.png", bench / "photos" / (std::to_string(i) + ".png"));
}

const Words kCall = {
    "restore-deblur", "photos", "--psf", "disk:3", "--prior", "tv", "--noise", "0.01",
    "--steps",        "40",     "-j",    "1",      "--json",  "-o", "out",     "--skip-existing",
    "--report",       "r.html"};

// Runs the call, sending it SIGINT as soon as its first picture is there.
ProcessResult run_until_interrupted(const ToolBench& bench) {
  // With job control (-m), for a shell without it has its background children ignore SIGINT.
  const std::string script =
      "set -m; \"$@\" --progress none & tool=$!;"
      "until [ -e out/10.png ]; do sleep 0.05; done; kill -INT $tool; wait $tool";
  Words words = {"bash", "-c", script, "bash"};
  words.insert(words.end(), kCall.begin(), kCall.end());
  words[4].insert(0, RESTORE_TOOL_DIR "/");
  return run_process(words, {.folder = bench.path()});
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

BOOST_AUTO_TEST_CASE(an_interrupted_batch_is_whole_and_resumes) {
  const ToolBench bench;
  write_photos(bench);
  const auto stopped = run_until_interrupted(bench);
  BOOST_TEST(stopped.exit_code == static_cast<int>(ExitCode::interrupted), stopped.err);
  BOOST_TEST(stopped.err.find("interrupted") != std::string::npos, stopped.err);
  const auto done = lines_of(stopped.out).size();
  BOOST_TEST(done >= 1U);
  BOOST_TEST(done < static_cast<std::size_t>(kCount));
  const auto rest = std::to_string(kCount - done) + " of " + std::to_string(kCount);
  const auto report = read_bytes(bench / "r.html");
  BOOST_TEST(report.find("interrupted: " + rest + " not done") != std::string::npos);
  // What is there is whole, has its record, and nothing temporary lies beside it.
  BOOST_TEST(entries(bench / "out") == done + 1);
  for (const auto& entry : fs::directory_iterator(bench / "out"))
    if (entry.path().extension() == ".png") BOOST_TEST(read_raw(entry.path()).width == 160);

  // Two more pictures are enough to see that the rest is done and what is done is left.
  for (int i = static_cast<int>(10 + done + 2); i < 10 + kCount; ++i)
    fs::remove(bench / "photos" / (std::to_string(i) + ".png"));
  const auto resumed = lines_of(bench.run_well(kCall).out);
  BOOST_TEST_REQUIRE(resumed.size() == done + 2);
  for (std::size_t i = 0; i < resumed.size(); ++i)
    BOOST_TEST(Json::parse(resumed[i]).at("status").get<std::string>() ==
               (i < done ? "skipped" : "ok"));
}

// One picture that takes minutes: the first signal drops it, a second ends the process at once.
BOOST_AUTO_TEST_CASE(signals_in_the_middle_of_a_picture) {
  for (const auto& [signals, code] : {std::pair{"kill -TERM $tool", ExitCode::interrupted},
                                      {"kill -INT $tool; kill -TERM $tool", ExitCode::killed}}) {
    const ToolBench bench;
    write_raw(bench / "large.png", example_picture(500, 400));
    const std::string script =
        "set -m; \"$@\" --progress none & tool=$!;"
        "until grep -qs started out/.restore-log.jsonl; do sleep 0.05; done;"
        "sleep 0.2; " +
        std::string(signals) + "; wait $tool";
    const auto result = run_process(
        {"bash", "-c", script, "bash", RESTORE_TOOL_DIR "/restore-deblur", "large.png", "--psf",
         "disk:3", "--prior", "tv", "--noise", "0.01", "--steps", "5000", "-o", "out/"},
        {.folder = bench.path()});
    BOOST_TEST(result.exit_code == static_cast<int>(code), signals << ": " << result.err);
    for (const auto& entry : fs::directory_iterator(bench / "out"))
      BOOST_TEST(entry.path().filename() == ".restore-log.jsonl", entry.path());
  }
}

}  // namespace
}  // namespace restore::testing
