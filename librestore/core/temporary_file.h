// Files that appear whole or not at all: written under another name, renamed when all is there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "librestore/core/error.h"

namespace restore {

// What becomes of a file that has the name already.
enum class IfExists { replace, fail };

// The item error of IfExists::fail.
class NameTaken : public Error {
 public:
  explicit NameTaken(const std::string& path);
};

struct TemporaryPath;

// A file that must not survive this process unless it is renamed first: removed on destruction,
// and by the second signal's handler (interrupt.h). What SIGKILL leaves, the next run finds: the
// file is locked (flock) as long as its process lives.
class TemporaryFile {
 public:
  // A unique name beside `target` that keeps its extension, so that writers see the right format.
  explicit TemporaryFile(const std::string& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  // Item error with the system's cause. Of no use beside a writer that opens path() itself.
  void append(std::string_view bytes);
  // fsync, then rename to the target, then fsync its folder. Throws an item error (disk full ...).
  void commit(IfExists if_exists = IfExists::replace);

 private:
  std::string target_;
  std::string path_;
  TemporaryPath* place_ = nullptr;
  int descriptor_ = -1;
  bool committed_ = false;
};

// A whole file out of its parts. Item error with the system's cause; what has the name then stays.
void write_atomically(const std::string& path, const std::vector<std::string_view>& parts,
                      IfExists if_exists = IfExists::replace);

// Removes temporary files for `targets` that no living process holds.
void remove_abandoned_files(const std::vector<std::string>& targets);

// For a signal's handler: removes all temporary files of this process, which then has to end.
void unlink_temporary_files() noexcept;

}  // namespace restore
