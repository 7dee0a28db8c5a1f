// kill -9 in the middle of a batch, again and again: the last run finds out what is done and leaves
// what an undisturbed run leaves. Two runs at once leave it too. A run is this program once more,
// because a process that has threads, and libraries start some while they load, cannot fork and go
// on.
#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "librestore/core/rng.h"
#include "librestore/core/temporary_file.h"
#include "librestore/run/batch.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

constexpr int kItems = 60;
constexpr std::size_t kBytes = 20000;

// The "restoration" of an input: all its bytes plus one, written in two parts.
Json work(const Item& item) {
  std::ifstream input(item.input);
  std::string bytes{std::istreambuf_iterator<char>(input), {}};
  for (char& byte : bytes) ++byte;
  TemporaryFile temporary(item.output.string());
  std::ofstream output(temporary.path());
  output << bytes.substr(0, kBytes / 2) << std::flush;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  output << bytes.substr(kBytes / 2);
  output.close();
  temporary.commit();
  return Json::object();
}

int run_all(const fs::path& folder) {
  BatchRequest request;
  request.tool = "restore-test";
  request.threads = 2;
  request.existing = Existing::skip_done;
  request.quiet = true;
  const Plan plan = plan_items(
      {{(folder / "in").string()}, (folder / "out").string(), false, Existing::skip_done});
  return static_cast<int>(run_batch(plan, request, *make_progress(ProgressStyle::none), work).code);
}

void wait_for(const fs::path& file) {
  for (int i = 0; i < 60'000 && !fs::exists(file); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  BOOST_TEST_REQUIRE(fs::exists(file));
}

fs::path ready(const fs::path& folder, pid_t run) {
  return folder / ("ready-" + std::to_string(run));
}
fs::path go(const fs::path& folder) { return folder / "go"; }

// What start() starts: it stands ready until there is `go`, and ends with what run_all() says.
BOOST_AUTO_TEST_CASE(a_run, *boost::unit_test::disabled()) {
  const auto& suite = boost::unit_test::framework::master_test_suite();
  BOOST_TEST_REQUIRE(suite.argc == 2);
  const fs::path folder = suite.argv[1];
  std::ofstream(ready(folder, getpid()));
  wait_for(go(folder));
  _exit(run_all(folder));
}

pid_t start(const fs::path& folder) {
  std::array<std::string, 5> words{"batch_kill_test", "--run_test=a_run", "--log_level=nothing",
                                   "--", folder};
  std::array<char*, 6> argv{};
  std::transform(words.begin(), words.end(), argv.begin(),
                 [](std::string& word) { return word.data(); });
  pid_t child = 0;
  BOOST_TEST_REQUIRE(
      posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), environ) == 0);
  return child;
}

int exit_code_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  BOOST_TEST(WIFEXITED(status));
  return WEXITSTATUS(status);
}

std::map<std::string, std::string> pictures(const fs::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(".")) continue;
    std::ifstream file(entry.path());
    found[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return found;
}

// And what is to come of them.
std::map<std::string, std::string> write_inputs(const testing::TemporaryFolder& folder) {
  fs::create_directory(folder / "in");
  std::map<std::string, std::string> expected;
  for (int i = 0; i < kItems; ++i) {
    const std::string name = std::to_string(100 + i) + ".png";
    std::ofstream(folder / "in" / name) << std::string(kBytes, static_cast<char>('A' + i % 26));
    expected[name] = std::string(kBytes, static_cast<char>('B' + i % 26));
  }
  return expected;
}

BOOST_AUTO_TEST_CASE(a_killed_batch_is_resumed_to_the_same_result) {
  const testing::TemporaryFolder folder;
  const auto expected = write_inputs(folder);
  Rng rng(1);
  int killed = 0;
  for (int round = 0; round < 20; ++round) {
    fs::remove(go(folder.path()));
    const pid_t child = start(folder.path());
    wait_for(ready(folder.path(), child));
    std::ofstream(go(folder.path()));
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + rng.below(40)));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    killed += WIFSIGNALED(status);
    // What has its name is whole, at every moment.
    for (const auto& [name, bytes] : pictures(folder / "in"))
      if (fs::exists(folder / "out" / name))
        BOOST_TEST(pictures(folder / "out")[name] == expected.at(name));
  }
  BOOST_TEST(killed > 0);
  BOOST_TEST(exit_code_of(start(folder.path())) == 0);
  BOOST_CHECK(pictures(folder / "out") == expected);
  // With the log, nothing temporary is left of twenty kills.
  const auto all = std::distance(fs::directory_iterator(folder / "out"), {});
  BOOST_TEST(all == kItems + 1);
}

// Both do everything, or find it done by the other; neither takes the other's outputs for a
// stranger's.
BOOST_AUTO_TEST_CASE(two_copies_of_a_run_do_each_other_no_harm) {
  for (int round = 0; round < 3; ++round) {
    const testing::TemporaryFolder folder;
    const auto expected = write_inputs(folder);
    const std::array runs{start(folder.path()), start(folder.path())};
    for (const pid_t run : runs) wait_for(ready(folder.path(), run));
    std::ofstream(go(folder.path()));
    for (const pid_t run : runs) BOOST_TEST(exit_code_of(run) == 0);
    BOOST_CHECK(pictures(folder / "out") == expected);
    const auto all = std::distance(fs::directory_iterator(folder / "out"), {});
    BOOST_TEST(all == kItems + 1);
  }
}

}  // namespace
}  // namespace restore
