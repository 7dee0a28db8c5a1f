#include "librestore/core/temporary_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// `call` must throw an item error; its message.
template <typename Call>
std::string item_message(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::some_failed));
    return error.what();
  }
  BOOST_ERROR("no error was thrown");
  return "";
}

BOOST_AUTO_TEST_CASE(a_temporary_file_lies_hidden_beside_its_target) {
  const TemporaryFolder folder;
  const std::string target = (folder / "photo.final.png").string();
  const TemporaryFile temporary(target), other(target);
  const fs::path path = temporary.path();
  BOOST_TEST(path.parent_path() == fs::path(target).parent_path());
  BOOST_TEST(path.filename().string().starts_with(".photo.final.restore-"));
  BOOST_TEST(path.extension() == ".png");
  BOOST_TEST(fs::exists(path));
  BOOST_TEST(temporary.path() != other.path());
}

BOOST_AUTO_TEST_CASE(long_names_fit) {
  const TemporaryFolder folder;
  const std::string target = (folder / fmt::format("{:x>250}.png", "")).string();
  TemporaryFile temporary(target);
  temporary.commit();
  BOOST_TEST(fs::exists(target));
}

BOOST_AUTO_TEST_CASE(without_commit_nothing_is_left) {
  const TemporaryFolder folder;
  const std::string target = (folder / "a.png").string();
  write(target, "old");
  {
    const TemporaryFile temporary(target);
    write(temporary.path(), "new");
  }
  BOOST_TEST(read(target) == "old");
  BOOST_TEST(folder.entries() == 1);
}

BOOST_AUTO_TEST_CASE(commit_replaces_the_target) {
  const TemporaryFolder folder;
  const std::string target = (folder / "a.png").string();
  write(target, "old");
  {
    TemporaryFile temporary(target);
    write(temporary.path(), "new");
    temporary.commit();
  }
  BOOST_TEST(read(target) == "new");
  BOOST_TEST(folder.entries() == 1);
}

BOOST_AUTO_TEST_CASE(the_umask_decides_who_may_read) {
  const TemporaryFolder folder;
  const mode_t before = umask(027);
  TemporaryFile temporary((folder / "a.png").string());
  umask(before);
  temporary.commit();
  struct stat status {};
  BOOST_REQUIRE(stat((folder / "a.png").string().c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0640u);
}

BOOST_AUTO_TEST_CASE(a_name_without_folder_means_here) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  TemporaryFile temporary("a.png");
  BOOST_TEST(temporary.path().find('/') == std::string::npos);
  temporary.commit();
  fs::current_path(before);
  BOOST_TEST(fs::exists((folder / "a.png").string()));
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_an_item_error) {
  const TemporaryFolder folder;
  const std::string target = (folder / "none/a.png").string();
  const std::string message = item_message([&] { TemporaryFile file(target); });
  BOOST_TEST(message == target + ": cannot write: No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_written_is_an_item_error) {
  // Not even root may create files in /sys.
  const std::string message = item_message([] { TemporaryFile file("/sys/a.png"); });
  BOOST_TEST(contains(message, "/sys/a.png: cannot write: "), message);
  BOOST_TEST(contains(message, "check the permissions"), message);
}

BOOST_AUTO_TEST_CASE(a_folder_in_the_targets_place_is_an_item_error) {
  const TemporaryFolder folder;
  const std::string target = (folder / "a.png").string();
  fs::create_directory(target);
  const std::string message = item_message([&] {
    TemporaryFile file(target);
    file.commit();
  });
  BOOST_TEST(contains(message, "Is a directory"), message);
  BOOST_TEST(folder.entries() == 1);
}

BOOST_AUTO_TEST_CASE(a_vanished_temporary_file_is_an_item_error) {
  const TemporaryFolder folder;
  const std::string target = (folder / "a.png").string();
  const std::string message = item_message([&] {
    TemporaryFile file(target);
    fs::remove(file.path());
    file.commit();
  });
  BOOST_TEST(contains(message, "a.png: cannot write: No such file"), message);
}

BOOST_AUTO_TEST_CASE(what_the_system_said_and_what_to_do) {
  BOOST_TEST(file_error("a.png", "cannot write", ENOSPC).what() ==
             std::string("a.png: cannot write: No space left on device; free some space and run "
                         "again"));
}

// SIGKILL leaves no time to remove anything; the next run does, and leaves what others still write.
BOOST_AUTO_TEST_CASE(what_a_kill_leaves_is_found_later) {
  const TemporaryFolder folder;
  const std::string target = (folder / "a.png").string();
  const pid_t child = fork();
  if (child == 0) {
    const TemporaryFile abandoned(target), of_another((folder / "b.png").string());
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  for (const char* name :
       {".a.backup.png", ".a.restore-secret.txt", ".a.restore-SECRET.png", "a.restore-secret.png"})
    write((folder / name).string(), "not ours");
  BOOST_TEST(folder.entries() == 6);
  const TemporaryFile alive(target);
  remove_abandoned_files({target});
  BOOST_TEST(fs::exists(alive.path()));
  BOOST_TEST(folder.entries() == 6);  // one gone, one new; that of b.png nobody asked for
}

BOOST_AUTO_TEST_CASE(parts_make_a_whole_file) {
  const TemporaryFolder folder;
  const std::string target = (folder / "a.txt").string();
  const std::string large(1 << 20, 'x');
  write_atomically(target, {"head\n", "", large});
  BOOST_TEST((read(target) == "head\n" + large));
  write_atomically(target, {});
  BOOST_TEST(read(target).empty());
  BOOST_TEST(folder.entries() == 1);
}

// The first failure's cause, whatever fails after it.
BOOST_AUTO_TEST_CASE(what_cannot_be_written_says_why_and_leaves_the_old) {
  const TemporaryFolder folder;
  const std::string target = (folder / "a.txt").string();
  write(target, "old");
  rlimit before{};
  BOOST_TEST_REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{4096, before.rlim_max};
  const auto ignored = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = item_message([&] {
    write_atomically(target, {std::string(4000, 'x'), "y", std::string(4000, 'z')});
  });
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, ignored);
  BOOST_TEST(message == target + ": cannot write: File too large");
  BOOST_TEST(read(target) == "old");
  BOOST_TEST(folder.entries() == 1);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_meanwhile_stays) {
  const TemporaryFolder folder;
  const std::string target = (folder / "a.png").string(), link = (folder / "b.png").string();
  fs::create_symlink("nowhere", link);
  for (const std::string& name : {target, link}) {
    const std::string message = item_message([&] {
      TemporaryFile file(name);
      file.append("new");
      if (name == target) write(name, "another's");
      file.commit(IfExists::fail);
    });
    BOOST_TEST(contains(message, name + ": has come to exist"), message);
  }
  BOOST_TEST(read(target) == "another's");
  BOOST_TEST(fs::is_symlink(link));
  BOOST_TEST(folder.entries() == 2);
  write_atomically((folder / "c.png").string(), {"new"}, IfExists::fail);
  BOOST_TEST(read((folder / "c.png").string()) == "new");
}

}  // namespace
}  // namespace restore
