#include "librestore/core/temporary_file.h"

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
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "librestore/core/output_folder.h"

namespace restore {

// What the second signal's handler unlinks. A handler may not allocate or lock, so the paths lie in
// a list that only grows; places are taken again.
struct TemporaryPath {
  enum State : int { kFree, kBusy, kReady };
  static constexpr std::size_t kBytes = 4096;

  std::atomic<int> state = kBusy;
  std::array<char, kBytes> path;
  TemporaryPath* next = nullptr;
};

namespace {

namespace fs = std::filesystem;

std::atomic<TemporaryPath*> first_path = nullptr;
static_assert(std::atomic<int>::is_always_lock_free &&
              std::atomic<TemporaryPath*>::is_always_lock_free);

TemporaryPath* free_place() {
  for (TemporaryPath* place = first_path; place; place = place->next) {
    int expected = TemporaryPath::kFree;
    if (place->state.compare_exchange_strong(expected, TemporaryPath::kBusy)) return place;
  }
  auto* const place = new TemporaryPath;
  place->next = first_path;
  while (!first_path.compare_exchange_weak(place->next, place)) {
  }
  return place;
}

// Null when the path is too long: the destructor still removes the file.
TemporaryPath* register_path(const std::string& path) {
  if (path.size() >= TemporaryPath::kBytes) return nullptr;
  TemporaryPath* const place = free_place();
  std::memcpy(place->path.data(), path.c_str(), path.size() + 1);
  place->state = TemporaryPath::kReady;
  return place;
}

void unregister_path(TemporaryPath* place) {
  if (place) place->state = TemporaryPath::kFree;
}

constexpr std::string_view kMark = ".restore-";
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

// `.stem.restore-LETTERS.ext` beside the target.
std::string temporary_name(const fs::path& target) {
  const std::string name = fmt::format(".{}{}{}{}", temporary_stem(target), kMark, random_letters(),
                                       target.extension().string());
  return target.has_parent_path() ? (target.parent_path() / name).string() : name;
}

// `.stem.ext` of `.stem.restore-LETTERS.ext`; empty when it is no temporary file's name.
std::string without_letters(const fs::path& name) {
  const std::string rest = name.stem().string();  // .stem.restore-LETTERS
  constexpr std::size_t kAdded = kMark.size() + kLetterCount;
  if (rest.size() < kAdded + 2 || rest.front() != '.') return {};
  const std::size_t mark = rest.size() - kAdded;
  const bool letters = rest.find_first_not_of(kLetters, mark + kMark.size()) == std::string::npos;
  const bool ours = rest.compare(mark, kMark.size(), kMark) == 0 && letters;
  return ours ? rest.substr(0, mark) + name.extension().string() : "";
}

// Unlinks under the lock, so that its process either has it or sees that the file is gone.
void remove_unless_locked(const fs::path& path) {
  // NFS gives the lock to writers only.
  const int descriptor = open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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

// 0, or errno's value: EEXIST where the name is taken and is to stay so.
int rename_file(const char* from, const char* to, IfExists if_exists) {
  if (if_exists == IfExists::fail) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    // Where the file system or the kernel cannot do both at once, a look just before has to do.
    if (errno != EINVAL && errno != ENOSYS) return errno;
    struct stat status {};
    if (lstat(to, &status) == 0) return EEXIST;
  }
  return std::rename(from, to) == 0 ? 0 : errno;
}

}  // namespace

NameTaken::NameTaken(const std::string& path)
    : Error(item_error("{}: has come to exist since this began, and is not replaced; "
                       "move it away, or choose another name",
                       path)) {}

TemporaryFile::TemporaryFile(const std::string& target) : target_(target) {
  for (int attempt = 0;; ++attempt) {
    path_ = temporary_name(target);
    // Registered first, so that no moment is left in which a signal finds the file but not its
    // name.
    place_ = register_path(path_);
    // mkstemp would make it private; this way the umask decides, as for any new file.
    descriptor_ = open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (descriptor_ >= 0 && lock_new_file(descriptor_)) return;
    const int error = descriptor_ < 0 ? errno : EEXIST;
    if (descriptor_ >= 0) close(descriptor_);
    unregister_path(place_);
    if (error != EEXIST || attempt == 100) throw file_error(target_, "cannot write", error);
  }
}

TemporaryFile::~TemporaryFile() {
  if (!committed_) unlink(path_.c_str());
  close(descriptor_);
  unregister_path(place_);
}

void TemporaryFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
    if (count < 0) throw file_error(target_, "cannot write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void TemporaryFile::commit(IfExists if_exists) {
  if (const int error = sync_path(path_, O_RDONLY))
    throw file_error(target_, "cannot write", error);
  if (const int error = rename_file(path_.c_str(), target_.c_str(), if_exists)) {
    if (error == EEXIST && if_exists == IfExists::fail) throw NameTaken(target_);
    throw file_error(target_, "cannot write", error);
  }
  committed_ = true;
  // Some file systems cannot sync a folder (EINVAL), some folders may be written but not read
  // (EACCES); the file itself is safe by then.
  const int error = sync_path(folder_of(target_).string(), O_RDONLY | O_DIRECTORY);
  if (error != 0 && error != EINVAL && error != EACCES)
    throw file_error(target_, "cannot sync its folder", error);
}

void write_atomically(const std::string& path, const std::vector<std::string_view>& parts,
                      IfExists if_exists) {
  TemporaryFile file(path);
  for (const std::string_view part : parts) file.append(part);
  file.commit(if_exists);
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

// Async-signal-safe: lock-free atomics and unlink only.
void unlink_temporary_files() noexcept {
  for (TemporaryPath* place = first_path; place; place = place->next)
    if (place->state == TemporaryPath::kReady) unlink(place->path.data());
}

}  // namespace restore
