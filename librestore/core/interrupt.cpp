#include "librestore/core/interrupt.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

std::atomic<bool> signal_arrived = false;

// What the second signal's handler unlinks. A handler may not allocate or lock, so the paths lie in
// a fixed table; items in flight are bounded by the threads, far below its size.
constexpr int kSlots = 256;
constexpr std::size_t kPathBytes = 4096;
enum SlotState : int { kFree, kBusy, kReady };
struct Slot {
  std::atomic<int> state = kFree;
  std::array<char, kPathBytes> path;
};
std::array<Slot, kSlots> slots;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

// -1 when the table is full: the destructor still removes the file.
int register_path(const std::string& path) {
  if (path.size() >= kPathBytes) return -1;
  for (int i = 0; i < kSlots; ++i) {
    int expected = kFree;
    if (!slots[i].state.compare_exchange_strong(expected, kBusy)) continue;
    std::memcpy(slots[i].path.data(), path.c_str(), path.size() + 1);
    slots[i].state = kReady;
    return i;
  }
  return -1;
}

void unregister_path(int slot) {
  if (slot >= 0) slots[slot].state = kFree;
}

// Async-signal-safe: lock-free atomics, unlink and _exit only.
void on_signal(int) {
  if (!signal_arrived.exchange(true)) return;
  for (Slot& slot : slots)
    if (slot.state == kReady) unlink(slot.path.data());
  _exit(static_cast<int>(ExitCode::killed));
}

void install_handler(int signal) {
  struct sigaction action {};
  sigaction(signal, nullptr, &action);
  // Started in the background by a shell that wants us left alone.
  if (action.sa_handler == SIG_IGN) return;
  action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

std::string random_letters() {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  // Names only: no result depends on these, and two processes must not agree on them.
  std::random_device device;
  std::string letters(6, ' ');
  for (char& letter : letters) letter = kLetters[device() % 36];
  return letters;
}

// `.stem.XXXXXX.ext` beside the target; long stems are cut, for file systems take 255 bytes.
std::string temporary_name(const fs::path& target) {
  const std::string stem = target.stem().string().substr(0, 200);
  const std::string name = "." + stem + "." + random_letters() + target.extension().string();
  return target.has_parent_path() ? (target.parent_path() / name).string() : name;
}

int sync_path(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  return error;
}

}  // namespace

void install_interrupt_handlers() {
  install_handler(SIGINT);
  install_handler(SIGTERM);
}

bool interrupted() { return signal_arrived; }

void throw_if_interrupted() {
  if (interrupted()) throw Error(ExitCode::interrupted, "interrupted");
}

void set_interrupted(bool value) { signal_arrived = value; }

TemporaryFile::TemporaryFile(const std::string& target) : target_(target) {
  for (int attempt = 0;; ++attempt) {
    path_ = temporary_name(target);
    // Registered first, so that no moment is left in which a signal finds the file but not its
    // name.
    slot_ = register_path(path_);
    // mkstemp would make it private; this way the umask decides, as for any new file.
    const int descriptor = open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      close(descriptor);
      return;
    }
    const int error = errno;
    unregister_path(slot_);
    if (error != EEXIST || attempt == 100) throw file_error(target_, "cannot write", error);
  }
}

TemporaryFile::~TemporaryFile() {
  if (!committed_) unlink(path_.c_str());
  unregister_path(slot_);
}

void TemporaryFile::commit() {
  if (const int error = sync_path(path_, O_RDONLY))
    throw file_error(target_, "cannot write", error);
  if (std::rename(path_.c_str(), target_.c_str()) != 0)
    throw file_error(target_, "cannot write", errno);
  committed_ = true;
  // Some file systems cannot sync a folder (EINVAL), some folders may be written but not read
  // (EACCES); the file itself is safe by then.
  const int error = sync_path(folder_of(target_).string(), O_RDONLY | O_DIRECTORY);
  if (error != 0 && error != EINVAL && error != EACCES)
    throw file_error(target_, "cannot sync its folder", error);
}

}  // namespace restore
