#include "librestore/core/interrupt.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

// An empty folder for one test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "interrupt_test.XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(path_), fs::directory_iterator());
  }

 private:
  fs::path path_;
};

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The exit status of a child process that runs `body` and then exits with 0.
int status_of_child(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  BOOST_REQUIRE(waitpid(child, &status, 0) == child);
  BOOST_REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
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

BOOST_AUTO_TEST_CASE(the_first_signal_asks_to_stop) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const int status = status_of_child([&] {
      install_interrupt_handlers();
      if (interrupted()) _exit(1);
      throw_if_interrupted();
      raise(signal);
      if (!interrupted()) _exit(2);
      try {
        throw_if_interrupted();
      } catch (const Error& error) {
        _exit(static_cast<int>(error.code()));
      }
    });
    BOOST_TEST(status == 75);
  }
}

BOOST_AUTO_TEST_CASE(the_second_signal_ends_and_cleans_up) {
  const Folder folder;
  const int status = status_of_child([&] {
    install_interrupt_handlers();
    const TemporaryFile first(folder.file("a.png")), second(folder.file("b.exr"));
    TemporaryFile done(folder.file("c.png"));
    done.commit();
    raise(SIGINT);
    if (folder.entries() != 3) _exit(1);
    raise(SIGTERM);
  });
  BOOST_TEST(status == 130);
  BOOST_TEST(folder.entries() == 1);
  BOOST_TEST(fs::exists(folder.file("c.png")));
}

BOOST_AUTO_TEST_CASE(a_shells_wish_to_ignore_is_respected) {
  const int status = status_of_child([] {
    signal(SIGINT, SIG_IGN);
    install_interrupt_handlers();
    raise(SIGINT);
    if (interrupted()) _exit(1);
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_waiting_call_goes_on_after_the_first_signal) {
  // SA_RESTART: readers and writers of other libraries never meet EINTR.
  const int status = status_of_child([] {
    install_interrupt_handlers();
    int ends[2];
    if (pipe(ends) != 0) _exit(1);
    const pid_t parent = getpid();
    if (fork() == 0) {
      usleep(50000);
      kill(parent, SIGINT);
      usleep(50000);
      _exit(::write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    char byte = 0;
    const bool whole = ::read(ends[0], &byte, 1) == 1;
    wait(nullptr);
    _exit(whole && interrupted() ? 0 : 2);
  });
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(tests_can_set_the_flag) {
  set_interrupted(true);
  BOOST_CHECK_THROW(throw_if_interrupted(), Error);
  set_interrupted(false);
  BOOST_CHECK_NO_THROW(throw_if_interrupted());
}

BOOST_AUTO_TEST_CASE(a_temporary_file_lies_hidden_beside_its_target) {
  const Folder folder;
  const std::string target = folder.file("photo.final.png");
  const TemporaryFile temporary(target), other(target);
  const fs::path path = temporary.path();
  BOOST_TEST(path.parent_path() == fs::path(target).parent_path());
  BOOST_TEST(path.filename().string().starts_with(".photo.final."));
  BOOST_TEST(path.extension() == ".png");
  BOOST_TEST(fs::exists(path));
  BOOST_TEST(temporary.path() != other.path());
}

BOOST_AUTO_TEST_CASE(long_names_fit) {
  const Folder folder;
  const std::string target = folder.file(fmt::format("{:x>250}.png", ""));
  TemporaryFile temporary(target);
  temporary.commit();
  BOOST_TEST(fs::exists(target));
}

BOOST_AUTO_TEST_CASE(without_commit_nothing_is_left) {
  const Folder folder;
  const std::string target = folder.file("a.png");
  write(target, "old");
  {
    const TemporaryFile temporary(target);
    write(temporary.path(), "new");
  }
  BOOST_TEST(read(target) == "old");
  BOOST_TEST(folder.entries() == 1);
}

BOOST_AUTO_TEST_CASE(commit_replaces_the_target) {
  const Folder folder;
  const std::string target = folder.file("a.png");
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
  const Folder folder;
  const mode_t before = umask(027);
  TemporaryFile temporary(folder.file("a.png"));
  umask(before);
  temporary.commit();
  struct stat status {};
  BOOST_REQUIRE(stat(folder.file("a.png").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0640u);
}

BOOST_AUTO_TEST_CASE(a_name_without_folder_means_here) {
  const Folder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.file(""));
  TemporaryFile temporary("a.png");
  BOOST_TEST(temporary.path().find('/') == std::string::npos);
  temporary.commit();
  fs::current_path(before);
  BOOST_TEST(fs::exists(folder.file("a.png")));
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_an_item_error) {
  const Folder folder;
  const std::string target = folder.file("none/a.png");
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
  const Folder folder;
  const std::string target = folder.file("a.png");
  fs::create_directory(target);
  const std::string message = item_message([&] {
    TemporaryFile file(target);
    file.commit();
  });
  BOOST_TEST(contains(message, "Is a directory"), message);
  BOOST_TEST(folder.entries() == 1);
}

BOOST_AUTO_TEST_CASE(a_vanished_temporary_file_is_an_item_error) {
  const Folder folder;
  const std::string target = folder.file("a.png");
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
  const Folder folder;
  const std::string target = folder.file("a.png");
  const pid_t child = fork();
  if (child == 0) {
    const TemporaryFile abandoned(target), of_another(folder.file("b.png"));
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  for (const char* name : {".a.notes.png", ".a.secret.txt", ".a.SECRET.png", "a.secret.png"})
    write(folder.file(name), "not ours");
  BOOST_TEST(folder.entries() == 6);
  const TemporaryFile alive(target);
  remove_abandoned_files({target});
  BOOST_TEST(fs::exists(alive.path()));
  BOOST_TEST(folder.entries() == 6);  // one gone, one new; that of b.png nobody asked for
}

}  // namespace
}  // namespace restore
