// An output folder that cannot be written, or cannot be at all.
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

// Permissions do not bind root, so root runs the tool as nobody, where nobody may read the build.
BOOST_AUTO_TEST_CASE(a_folder_without_write_permission_is_refused) {
  const ToolBench bench;
  Words words;
  if (geteuid() == 0) {
    words = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    fs::permissions(bench.path(), fs::perms::others_all, fs::perm_options::add);
    if (!runs_unprivileged(bench, words)) {
      BOOST_TEST_MESSAGE("skipped: nobody may not run the tools of this build");
      return;
    }
  }
  fs::permissions(bench / "out",
                  fs::perms::all &
                      ~(fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write));
  words.insert(words.end(), {RESTORE_TOOL_DIR "/restore-degrade", "photo.png", "--operator",
                             "identity", "-o", "out/a.png", "--progress", "none"});
  const auto result = run_process(words, {.folder = bench.path()});
  BOOST_TEST(result.exit_code == static_cast<int>(ExitCode::some_failed));
  BOOST_TEST(lines_of(result.err).size() == 1U, result.err);
  BOOST_TEST(result.err.find("out") != std::string::npos, result.err);
  BOOST_TEST(fs::is_empty(bench / "out"));
}

}  // namespace
}  // namespace restore::testing
