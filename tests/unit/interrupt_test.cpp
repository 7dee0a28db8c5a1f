#include "librestore/core/interrupt.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "librestore/core/error.h"
#include "librestore/core/temporary_file.h"
#include "tests/support/temporary_folder.h"

namespace restore {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

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

// However many there are: -j goes up to 4096.
BOOST_AUTO_TEST_CASE(the_second_signal_ends_and_cleans_up) {
  constexpr int kFiles = 300;
  const TemporaryFolder folder;
  const int status = status_of_child([&] {
    install_interrupt_handlers();
    TemporaryFile done((folder / "done.png").string());
    done.commit();
    std::vector<std::unique_ptr<TemporaryFile>> files;
    for (int i = 0; i < kFiles; ++i)
      files.push_back(
          std::make_unique<TemporaryFile>((folder / fmt::format("{}.png", i)).string()));
    raise(SIGINT);
    if (folder.entries() != kFiles + 1) _exit(1);
    raise(SIGTERM);
  });
  BOOST_TEST(status == 130);
  BOOST_TEST(folder.entries() == 1);
  BOOST_TEST(fs::exists(folder / "done.png"));
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

}  // namespace
}  // namespace restore
