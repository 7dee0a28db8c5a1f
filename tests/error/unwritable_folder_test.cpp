// An output folder that cannot be written, or cannot be at all.
#include <optional>

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(a_folder_below_a_file_is_refused_by_every_tool) {
  const ToolBench bench;
  write_bytes(bench / "file", "no folder");
  for (const auto& call : single_picture_calls("photo.png", "file/a.png"))
    bench.check_refusal(call, ExitCode::some_failed, {"file"});
}

bool runs_unprivileged(const ToolBench& bench, const Words& prefix) {
  Words words = prefix;
  words.insert(words.end(), {RESTORE_TOOL_DIR "/restore-degrade", "--version"});
  return run_process(words, {.folder = bench.path()}).exit_code == 0;
}

// Permissions do not bind root, so root runs the tool as nobody, where nobody may read the build;
// what to put before its words, and nothing where that cannot be.
std::optional<Words> unprivileged(const ToolBench& bench) {
  if (geteuid() != 0) return Words();
  Words words = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  fs::permissions(bench.path(), fs::perms::others_all, fs::perm_options::add);
  if (runs_unprivileged(bench, words)) return words;
  BOOST_TEST_MESSAGE("skipped: nobody may not run the tools of this build");
  return std::nullopt;
}

constexpr auto kMayWrite =
    fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;

BOOST_AUTO_TEST_CASE(a_folder_without_write_permission_is_refused) {
  const ToolBench bench;
  auto prefix = unprivileged(bench);
  if (!prefix) return;
  Words words = *prefix;
  fs::permissions(bench / "out", fs::perms::all & ~kMayWrite);
  words.insert(words.end(), {RESTORE_TOOL_DIR "/restore-degrade", "photo.png", "--operator",
                             "identity", "-o", "out/a.png", "--progress", "none"});
  const auto result = run_process(words, {.folder = bench.path()});
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
  BOOST_TEST(result.err.find("out") != std::string::npos, result.err);
  BOOST_TEST(fs::is_empty(bench / "out"));
}

// What was done stays, all others fail, each by itself, and the same call does them once it may
// again.
BOOST_AUTO_TEST_CASE(write_permission_is_taken_away_in_the_middle_of_a_batch) {
  const ToolBench bench;
  auto prefix = unprivileged(bench);
  if (!prefix) return;
  constexpr std::size_t kPictures = 30;
  fs::create_directory(bench / "photos");
  write_raw(bench / "photos/10.png", example_picture(160, 120));
  for (std::size_t i = 11; i < 10 + kPictures; ++i)
    fs::copy_file(bench / "photos/10.png", bench / "photos" / (std::to_string(i) + ".png"));
  fs::permissions(bench / "out", fs::perms::all);
  Words call = *prefix;
  call.insert(call.end(), {RESTORE_TOOL_DIR "/restore-deblur", "photos", "--psf", "disk:2",
                           "--prior", "tv", "--noise", "0.01", "--steps", "10", "-j", "1", "--json",
                           "-o", "out", "--skip-existing", "--progress", "none"});
  const std::string script =
      "\"$@\" & tool=$!; until [ -e out/11.png ]; do sleep 0.02; done;"
      "chmod a-w out; wait $tool";
  Words words = {"bash", "-c", script, "bash"};
  words.insert(words.end(), call.begin(), call.end());
  const auto locked = run_process(words, {.folder = bench.path()});
  BOOST_TEST(locked.exit_code == static_cast<int>(ExitCode::some_failed), locked.err);
  std::size_t done = 0;
  for (const auto& line : lines_of(locked.out)) done += line.find("\"ok\"") != std::string::npos;
  BOOST_TEST(done >= 2U);
  BOOST_TEST(done < kPictures);
  BOOST_TEST(lines_of(locked.out).size() == kPictures);
  BOOST_TEST(lines_of(locked.err).size() == kPictures - done, locked.err);

  fs::permissions(bench / "out", fs::perms::all);
  const auto again = run_process(call, {.folder = bench.path()});
  BOOST_TEST(again.exit_code == 0, again.err);
  const auto entries = std::distance(fs::directory_iterator(bench / "out"), {});
  BOOST_TEST(entries == static_cast<std::ptrdiff_t>(kPictures) + 1);  // and the log
}

}  // namespace
}  // namespace restore::testing
