#include "librestore/core/interrupt.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "librestore/core/error.h"
#include "librestore/core/output_folder.h"

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

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t kLetterCount = 6;

std::string random_letters() {
  // Names only: no result depends on these, and two processes must not agree on them.
  std::random_device device;
  std::string letters(kLetterCount, ' ');
  for (char& letter : letters) letter = kLetters[device() % kLetters.size()];
  return letters;
}

// Long ones are cut, for file systems take 255 bytes.
std::string temporary_stem(const fs::path& target) { return target.stem().string().substr(0, 200); }

// `.stem.LETTERS.ext` beside the target.
std::string temporary_name(const fs::path& target) {
  const std::string name = fmt::format(".{}.{}{}", temporary_stem(target), random_letters(),
                                       target.extension().string());
  return target.has_parent_path() ? (target.parent_path() / name).string() : name;
}

// `.stem.ext` of `.stem.LETTERS.ext`; empty when it is no temporary file's name.
std::string without_letters(const fs::path& name) {
  const std::string rest = name.stem().string();  // .stem.LETTERS
  if (rest.size() < kLetterCount + 3 || rest.front() != '.') return {};
  const std::size_t dot = rest.size() - kLetterCount - 1;
  const bool letters = rest.find_first_not_of(kLetters, dot + 1) == std::string::npos;
  return rest[dot] == '.' && letters ? rest.substr(0, dot) + name.extension().string() : "";
}

// Unlinks under the lock, so that its process either has it or sees that the file is gone.
void remove_unless_locked(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return;
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) unlink(path.c_str());
  close(descriptor);
}

// False when remove_abandoned_files() of another process was there first.
bool lock_new_file(int descriptor) {
  flock(descriptor, LOCK_EX);  // where a file system knows no locks, nothing is ever abandoned
  struct stat status {};
  return fstat(descriptor, &status) != 0 || status.st_nlink > 0;
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
    descriptor_ = open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (descriptor_ >= 0 && lock_new_file(descriptor_)) return;
    const int error = descriptor_ < 0 ? errno : EEXIST;
    if (descriptor_ >= 0) close(descriptor_);
    unregister_path(slot_);
    if (error != EEXIST || attempt == 100) throw file_error(target_, "cannot write", error);
  }
}

TemporaryFile::~TemporaryFile() {
  if (!committed_) unlink(path_.c_str());
  close(descriptor_);
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

void remove_abandoned_files(const std::vector<std::string>& targets) {
  std::map<fs::path, std::set<std::string>> names;  // by folder
  for (const fs::path target : targets)
    names[folder_of(target)].insert(
        fmt::format(".{}{}", temporary_stem(target), target.extension().string()));
  for (const auto& [folder, ours] : names) {
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error))
      if (ours.contains(without_letters(entry->path().filename())))
        remove_unless_locked(entry->path());
  }
}

}  // namespace restore
