// restore-train: what is wrong with a call is said before photographs are read, and what it needs
// is made.
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

const Words kNetwork = {"--steps",   "1", "--width", "16", "--encoder", "1", "--middle",   "1",
                        "--decoder", "1", "--crop",  "16", "--warm-up", "1", "--threads=1"};
const Words kMixture = {"--kind", "gmm", "--components", "2", "--patches", "500"};

// 48 x 40 pixels each; some photographs are held out.
void write_photos(const ToolBench& bench) {
  fs::create_directory(bench / "photos");
  for (const char* name : {"a.png", "b.png", "c.png"})
    fs::copy_file(bench / "photo.png", bench / "photos" / name);
}

Words train(const std::string& photos, const std::string& output, const Words& options) {
  Words words{"restore-train", photos, "-o", output};
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The photographs are nowhere: what is said of the output comes first.
BOOST_AUTO_TEST_CASE(an_output_that_cannot_be_is_refused_before_photographs_are_read) {
  const ToolBench bench;
  write_bytes(bench / "file", "no folder");
  fs::create_directory(bench / "folder.safetensors");
  for (const auto& options : {kNetwork, kMixture}) {
    for (const std::string name : {"mine", "mine.pth", ".safetensors"})
      bench.check_refusal(train("nowhere", name, options), ExitCode::usage,
                          {name, "a .safetensors file"});
    bench.check_refusal(with(train("nowhere", "folder.safetensors", options), {"--overwrite"}),
                        ExitCode::usage, {"folder.safetensors", "is a folder"});
    bench.check_refusal(train("nowhere", "file/a.safetensors", options), ExitCode::some_failed,
                        {"file"});
  }
  bench.check_refusal(
      with(train("nowhere", "a.safetensors", kNetwork), {"--log", "file/log.jsonl"}),
      ExitCode::some_failed, {"file"});
}

BOOST_AUTO_TEST_CASE(folders_are_made) {
  const ToolBench bench;
  write_photos(bench);
  const auto network = bench.run(
      with(train("photos", "new/a.safetensors", kNetwork), {"--log", "logs/new/a.jsonl"}));
  BOOST_TEST(network.exit_code == 0, network.err);
  BOOST_TEST(fs::exists(bench / "logs/new/a.jsonl"));
  const auto mixture = bench.run(train("photos", "other/new/b.safetensors", kMixture));
  BOOST_TEST(mixture.exit_code == 0, mixture.err);
  bench.run_well({"restore-prior", "verify", "new/a.safetensors", "other/new/b.safetensors"});
}

BOOST_AUTO_TEST_CASE(facts_are_not_told_by_the_user) {
  const ToolBench bench;
  for (const std::string key : {"kind", "sha256", "sigma_range"})
    for (const auto& options : {kNetwork, kMixture}) {
      std::ofstream(bench / "about.json") << Json{{"licence", "CC0-1.0"}, {key, "x"}};
      bench.check_refusal(
          with(train("nowhere", "a.safetensors", options), {"--about", "about.json"}),
          ExitCode::usage, {"about.json", "'" + key + "'"});
    }
}

BOOST_AUTO_TEST_CASE(what_the_other_kind_has_is_refused) {
  const ToolBench bench;
  write_photos(bench);
  bench.check_refusal(with(train("photos", "a.safetensors", kMixture),
                           {"--hours", "1", "--width", "32", "--log", "a.jsonl", "--resume"}),
                      ExitCode::usage, {"--hours", "--width", "--log", "--resume", "gmm"});
  bench.check_refusal(with(train("photos", "a.safetensors", kNetwork), {"--components", "3"}),
                      ExitCode::usage, {"--components", "network"});
  for (const Words& start : {Words{"--resume"}, Words{"--fine-tune", "b.safetensors"}})
    bench.check_refusal(
        with(train("photos", "a.safetensors", {"--steps", "1", "--width", "32"}), start),
        ExitCode::usage, {"--width", start.front(), "network"});
  bench.check_refusal(train("nowhere", "a.safetensors", {}), ExitCode::usage,
                      {"--hours", "--steps"});
}

BOOST_AUTO_TEST_CASE(no_photograph_is_no_input) {
  const ToolBench bench;
  fs::create_directory(bench / "letters");
  write_bytes(bench / "letters/note.txt", "no picture");
  for (const auto& options : {kNetwork, kMixture})
    bench.check_refusal(train("letters", "a.safetensors", options), ExitCode::no_input,
                        {"letters"});
  write_photos(bench);
  bench.check_refusal(with(train("photos", "a.safetensors", {}), {"--steps", "1"}),
                      ExitCode::no_input, {"photos", "128 pixels", "--crop"});
}

// Crops of 16 and, later, 32 pixels.
BOOST_AUTO_TEST_CASE(photographs_smaller_than_the_crops_are_counted) {
  const ToolBench bench;
  write_photos(bench);
  write_raw(bench / "photos/thumbnail.png", example_picture(40, 31));
  Words words = train("photos", "a.safetensors", kNetwork);
  words.insert(words.end(), {"--progress", "plain"});
  const auto result = run_restore(words, {.folder = bench.path()});
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(result.err.find("32 pixels: 1 photographs") != std::string::npos, result.err);
}

BOOST_AUTO_TEST_CASE(an_interrupted_mixture_says_that_nothing_is_kept) {
  const ToolBench bench;
  write_photos(bench);
  // With job control (-m), for a shell without it has its background children ignore SIGINT.
  const std::string script =
      "set -m; \"$@\" 2> said & tool=$!;"
      "until grep -qs 'iteration 2' said; do sleep 0.02; done; kill -INT $tool; wait $tool";
  Words words = train("photos", "a.safetensors", kMixture);
  words.insert(words.end(), {"--iterations", "10000", "--progress", "plain"});
  words[0].insert(0, RESTORE_TOOL_DIR "/");
  words = with({"bash", "-c", script, "bash"}, words);
  const auto result = run_process(words, {.folder = bench.path()});
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::interrupted));
  const auto said = read_bytes(bench / "said");
  BOOST_TEST(said.find("nothing is kept") != std::string::npos, said);
  BOOST_TEST(!fs::exists(bench / "a.safetensors"));
}

}  // namespace
}  // namespace restore::testing
