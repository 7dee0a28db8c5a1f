#include "tests/support/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace restore::testing {
namespace {

using Clock = std::chrono::steady_clock;

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

class Pipe {
 public:
  Pipe() { check(pipe2(ends_.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe"); }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read() { close_end(ends_[0]); }
  void close_write() { close_end(ends_[1]); }

 private:
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }

  std::array<int, 2> ends_{-1, -1};
};

// What the child does between fork and exec.
class SpawnSetup {
 public:
  SpawnSetup(const ProcessOptions& options, const Pipe& out, const Pipe& err) {
    check(posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init");
    check(posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
    check(posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0), "stdin");
    check(posix_spawn_file_actions_adddup2(&actions_, out.write_end(), 1), "stdout");
    check(posix_spawn_file_actions_adddup2(&actions_, err.write_end(), 2), "stderr");
    if (!options.folder.empty())
      check(posix_spawn_file_actions_addchdir_np(&actions_, options.folder.c_str()), "chdir");
    // A process group of its own, so that a timeout reaches grandchildren too.
    check(posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP), "posix_spawnattr");
    check(posix_spawnattr_setpgroup(&attributes_, 0), "posix_spawnattr");
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
  const auto name_of = [](const std::string& entry) {
    return entry.substr(0, entry.find('=') + 1);
  };
  std::vector<std::string> merged = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name = name_of(*entry);
    const auto same = [&](const std::string& change) { return name_of(change) == name; };
    if (std::none_of(changes.begin(), changes.end(), same)) merged.emplace_back(*entry);
  }
  return merged;
}

pid_t spawn(std::vector<std::string> argv, const ProcessOptions& options, const Pipe& out,
            const Pipe& err) {
  const SpawnSetup setup(options, out, err);
  auto environment = merged_environment(options.environment);
  pid_t child = 0;
  check(posix_spawnp(&child, argv.at(0).c_str(), setup.actions(), setup.attributes(),
                     pointers(argv).data(), pointers(environment).data()),
        argv[0]);
  return child;
}

// False at the end of the stream.
bool read_some(int descriptor, std::string& text) {
  std::array<char, 1 << 16> buffer;
  const ssize_t count = read(descriptor, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return true;
  if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

// Until both streams end; false when the deadline came first.
bool read_both(Pipe& out, Pipe& err, ProcessResult& result, Clock::time_point deadline) {
  while (out.read_end() >= 0 || err.read_end() >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    // poll skips negative descriptors: the stream that has ended
    std::array<pollfd, 2> waits{{{out.read_end(), POLLIN, 0}, {err.read_end(), POLLIN, 0}}};
    if (poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR)
      check(errno, "poll");
    if (waits[0].revents != 0 && !read_some(out.read_end(), result.out)) out.close_read();
    if (waits[1].revents != 0 && !read_some(err.read_end(), result.err)) err.close_read();
  }
  return true;
}

// False when the deadline came first. A program may close its streams long before it ends.
bool wait_for(pid_t child, int& status, Clock::time_point deadline) {
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended < 0) check(errno, "waitpid");
    if (ended == child) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options) {
  const auto deadline = Clock::now() + RESTORE_PATIENCE * options.timeout;
  Pipe out, err;
  const pid_t child = spawn(argv, options, out, err);
  out.close_write();
  err.close_write();
  ProcessResult result;
  int status = 0;
  if (!read_both(out, err, result, deadline) || !wait_for(child, status, deadline)) {
    result.timed_out = true;
    kill(-child, SIGKILL);
    waitpid(child, &status, 0);
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

ProcessResult run_restore(std::vector<std::string> argv, const ProcessOptions& options) {
  argv.at(0) = (std::filesystem::path(RESTORE_TOOL_DIR) / argv[0]).string();
  return run_process(argv, options);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace restore::testing
