// SIGINT and SIGTERM: the first asks the work to stop (exit 75, can be resumed), the second ends
// the process at once (exit 130) after its temporary files are gone.
#pragma once

#include <string>
#include <vector>

namespace restore {

// Installs the handlers; call once, first thing in a tool.
void install_interrupt_handlers();
bool interrupted();
// Throws Error{ExitCode::interrupted} when a signal has arrived. Long loops call it once a step.
void throw_if_interrupted();
// For tests: behave as if a signal had arrived, or as if none had.
void set_interrupted(bool value);

// A file that must not survive this process unless it is renamed first: removed on destruction,
// and by the second signal's handler. What SIGKILL leaves, the next run finds: the file is locked
// (flock) as long as its process lives.
class TemporaryFile {
 public:
  // A unique name beside `target` that keeps its extension, so that writers see the right format.
  explicit TemporaryFile(const std::string& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  // fsync, then rename to the target, then fsync its folder. Throws an item error (disk full ...).
  void commit();

 private:
  std::string target_;
  std::string path_;
  int slot_ = -1;
  int descriptor_ = -1;
  bool committed_ = false;
};

// Removes temporary files for `targets` that no living process holds.
void remove_abandoned_files(const std::vector<std::string>& targets);

}  // namespace restore
