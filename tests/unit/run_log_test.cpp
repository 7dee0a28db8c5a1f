#include "librestore/run/run_log.h"

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include "librestore/core/error.h"
#include "librestore/core/json.h"
#include "librestore/run/file_hash.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

void write(const fs::path& path, const std::string& text, bool append = false) {
  std::ofstream(path, append ? std::ios::app : std::ios::trunc) << text;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

const char* const kLog = ".restore-log.jsonl";

// An output `name` with its record, and the same fingerprints to ask with.
Fingerprints make_done(const TemporaryFolder& folder, const std::string& name) {
  write(folder / name, "picture");
  const Fingerprints fingerprints{"input", "parameters", hash_files({folder / name})};
  RunLog log(folder.path());
  log.started(folder / name);
  log.done(folder / name, fingerprints);
  return fingerprints;
}

OutputState state(const TemporaryFolder& folder, const std::string& name, const Fingerprints& now) {
  return RunLog(folder.path()).state(folder / name, now);
}

BOOST_AUTO_TEST_CASE(hashes_are_xxh3) {
  // XXH3 of nothing, 128 bits, seed 0: the value of `printf '' | xxh128sum`.
  BOOST_TEST(hash_text("") == "99aa06d3014798d86001c324468d497f");
  BOOST_TEST(hash_text("a") != hash_text("b"));
}

BOOST_AUTO_TEST_CASE(files_hash_by_contents_and_order) {
  const TemporaryFolder folder;
  const std::string large(3 << 20, 'x');
  write(folder / "a", large);
  write(folder / "b", "b");
  write(folder / "copy", large);
  write(folder / "changed", large.substr(1) + "y");
  write(folder / "empty", "");
  const auto hash = [&](const std::vector<std::string>& names) {
    std::vector<fs::path> paths;
    for (const auto& name : names) paths.push_back(folder / name);
    return hash_files(paths);
  };
  BOOST_TEST(hash({"a"}) == hash({"copy"}));
  BOOST_TEST(hash({"a"}) != hash({"changed"}));
  BOOST_TEST(hash({"a", "b"}) != hash({"b", "a"}));
  BOOST_TEST(hash({"b"}) != hash({"b", "empty"}));
  BOOST_TEST(hash({"b", "empty"}) != hash({"empty", "b"}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_an_item_error) {
  const TemporaryFolder folder;
  for (const fs::path& path : {folder / "none", folder.path()})
    BOOST_CHECK_EXCEPTION(hash_files({path}), Error, [&](const Error& error) {
      return error.code() == ExitCode::some_failed &&
             std::string(error.what()).starts_with(path.string() + ": cannot read: ");
    });
}

BOOST_AUTO_TEST_CASE(done_means_verified) {
  const TemporaryFolder folder;
  const Fingerprints now = make_done(folder, "a.png");
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::done);
  Fingerprints other = now;
  other.input = "another picture";
  BOOST_CHECK(state(folder, "a.png", other) == OutputState::stale);
  other = now;
  other.parameters = "another method";
  BOOST_CHECK(state(folder, "a.png", other) == OutputState::stale);
  write(folder / "a.png", "pict");
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::stale);
  fs::remove(folder / "a.png");
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::absent);
}

BOOST_AUTO_TEST_CASE(what_we_never_began_is_foreign) {
  const TemporaryFolder folder;
  write(folder / "a.png", "mine");
  BOOST_CHECK(state(folder, "a.png", {}) == OutputState::foreign);
  make_done(folder, "b.png");
  BOOST_CHECK(state(folder, "a.png", {}) == OutputState::foreign);
  // A link that leads nowhere is somebody's as well.
  fs::create_symlink("nowhere", folder / "c.png");
  BOOST_CHECK(state(folder, "c.png", {}) == OutputState::foreign);
}

BOOST_AUTO_TEST_CASE(what_was_killed_half_way_is_ours) {
  const TemporaryFolder folder;
  RunLog(folder.path()).started(folder / "a.png");
  write(folder / "a.png", "renamed, but no record of it");
  BOOST_CHECK(state(folder, "a.png", {}) == OutputState::stale);
}

BOOST_AUTO_TEST_CASE(what_failed_and_came_from_elsewhere_is_foreign) {
  const TemporaryFolder folder;
  RunLog log(folder.path());
  log.started(folder / "a.png");
  log.failed(folder / "a.png");
  write(folder / "a.png", "by another program");
  BOOST_CHECK(state(folder, "a.png", {}) == OutputState::foreign);
}

// A disk that was away for a while must not make all be done again.
BOOST_AUTO_TEST_CASE(what_is_there_although_it_failed_stays_as_ours_as_it_was) {
  const TemporaryFolder folder;
  const Fingerprints now = make_done(folder, "a.png");
  RunLog(folder.path()).failed(folder / "a.png");
  RunLog(folder.path()).failed(folder / "a.png");
  BOOST_TEST(RunLog(folder.path()).has_failed(folder / "a.png"));
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::done);
  RunLog(folder.path()).started(folder / "a.png");
  RunLog(folder.path()).failed(folder / "a.png");
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::stale);
  RunLog(folder.path()).disowned(folder / "a.png");
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::foreign);
}

BOOST_AUTO_TEST_CASE(outputs_may_lie_elsewhere) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "out");
  write(folder / "maps.exr", "map");
  const Fingerprints now{"input", "parameters", hash_files({folder / "maps.exr"})};
  RunLog(folder / "out").done(folder / "maps.exr", now);
  const RunLog log(fs::relative(folder / "out"));
  BOOST_CHECK(log.state(folder / "maps.exr", now) == OutputState::done);
  BOOST_CHECK(log.state(fs::relative(folder / "maps.exr"), now) == OutputState::done);
}

BOOST_AUTO_TEST_CASE(nothing_is_written_before_the_first_event) {
  const TemporaryFolder folder;
  state(folder, "a.png", {});
  BOOST_TEST(fs::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(the_folder_may_move) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "old/sub");
  write(folder / "old/sub/a.png", "picture");
  const Fingerprints now{"input", "parameters", hash_files({folder / "old/sub/a.png"})};
  RunLog(folder / "old").done(folder / "old/sub/a.png", now);
  fs::rename(folder / "old", folder / "new");
  BOOST_CHECK(RunLog(folder / "new").state(folder / "new/sub/a.png", now) == OutputState::done);
}

BOOST_AUTO_TEST_CASE(half_a_line_spoils_nothing) {
  const TemporaryFolder folder;
  const Fingerprints a = make_done(folder, "a.png");
  write(folder / kLog, R"({"output":"x.png","sta)", true);
  const Fingerprints b = make_done(folder, "b.png");
  BOOST_CHECK(state(folder, "a.png", a) == OutputState::done);
  BOOST_CHECK(state(folder, "b.png", b) == OutputState::done);
}

// A disk that fills up in the middle of a line takes no other line with it.
BOOST_AUTO_TEST_CASE(half_a_line_of_our_own_spoils_nothing) {
  const TemporaryFolder folder;
  write(folder / "a.png", "picture");
  RunLog log(folder.path());
  log.started(folder / "a.png");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  BOOST_TEST_REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit full = before;
  full.rlim_cur = fs::file_size(folder / kLog) + 20;
  BOOST_TEST_REQUIRE(setrlimit(RLIMIT_FSIZE, &full) == 0);
  BOOST_CHECK_THROW(log.started(folder / "b.png"), Error);
  BOOST_TEST_REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  const Fingerprints now{"input", "parameters", hash_files({folder / "a.png"})};
  log.done(folder / "a.png", now);
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::done);
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_records_are_passed_over) {
  const TemporaryFolder folder;
  const Fingerprints now = make_done(folder, "a.png");
  write(folder / kLog,
        "\n[]\nnull\n{}\n{\"output\":3}\n{\"status\":\"done\"}\n" + std::string(100000, '[') + "\n",
        true);
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::done);
  // A record with fields of the wrong kind verifies nothing.
  write(folder / kLog, R"({"output":"a.png","status":"done","input_hash":7})", true);
  BOOST_CHECK(state(folder, "a.png", now) == OutputState::stale);
}

BOOST_AUTO_TEST_CASE(names_that_are_not_utf8) {
  const TemporaryFolder folder;
  const Fingerprints now = make_done(folder, "caf\xe9.png");
  BOOST_CHECK(state(folder, "caf\xe9.png", now) == OutputState::done);
  for (const std::string& line : lines_of(folder / kLog)) BOOST_CHECK_NO_THROW(Json::parse(line));
}

BOOST_AUTO_TEST_CASE(writers_share_the_file) {
  const TemporaryFolder folder;
  const std::string name(180, 'n');
  std::vector<std::thread> threads;
  // Half of the threads share a log, the others bring their own, like other processes.
  RunLog shared(folder.path());
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      RunLog own(folder.path());
      for (int i = 0; i < 50; ++i) (t % 2 == 0 ? shared : own).started(folder / (name + ".png"));
    });
  for (std::thread& thread : threads) thread.join();
  const auto lines = lines_of(folder / kLog);
  BOOST_TEST(lines.size() == 200U);
  for (const std::string& line : lines)
    BOOST_TEST(Json::parse(line, nullptr, false).value("output", "") == name + ".png");
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_used_is_told) {
  const TemporaryFolder folder;
  fs::create_directory(folder / kLog);
  write(folder / "a.png", "picture");
  BOOST_CHECK_THROW(state(folder, "a.png", {}), Error);
  BOOST_CHECK_THROW(RunLog(folder.path()).started(folder / "a.png"), Error);
}

}  // namespace
}  // namespace restore
