// A folder to run tools in, and what must hold when a tool refuses.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "librestore/core/error.h"
#include "tests/support/process.h"
#include "tests/support/raw_picture.h"
#include "tests/support/temporary_folder.h"

namespace restore::testing {

using Words = std::vector<std::string>;

// Holds `photo.png` (48 x 40, RGB), `mask.png` (a hole in its middle) and the empty folder `out`.
// Relative paths in command lines are relative to it.
class ToolBench {
 public:
  ToolBench();

  std::filesystem::path operator/(const std::filesystem::path& name) const {
    return folder_ / name;
  }
  const std::filesystem::path& path() const { return folder_.path(); }

  // Without progress, so that standard error holds only what went wrong.
  ProcessResult run(Words words, ProcessOptions options = {}) const;
  // Requires exit code 0 and an empty standard error.
  ProcessResult run_well(const Words& words) const;

  // Exit code `code`; one line on standard error that begins with the tool's name and holds every
  // one of `mentions`; and every file and folder of the bench as it was: nothing partial or
  // temporary is left.
  void check_refusal(const Words& words, ExitCode code, const Words& mentions,
                     const ProcessOptions& options = {}) const;

  // Every file with its bytes, folders and links with their names.
  std::map<std::string, std::string> contents() const;

 private:
  TemporaryFolder folder_;
};

// A short, good call of each tool that restores or degrades one picture.
std::vector<Words> single_picture_calls(const std::string& input, const std::string& output);

// The bytes of a file; and a file of these bytes.
std::string read_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

}  // namespace restore::testing
