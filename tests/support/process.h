// Runs a program as a user would and keeps all it said.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace restore::testing {

struct ProcessOptions {
  std::vector<std::string> environment{};  // NAME=VALUE, on top of this process's own
  std::filesystem::path folder{};          // to run in; empty: this process's
  // Then the program and its children are killed; under a sanitizer ten times that.
  std::chrono::seconds timeout{120};
};

struct ProcessResult {
  int exit_code = -1;  // 128 + signal when a signal ended it
  bool timed_out = false;
  std::string out, err;
};

// `argv[0]` is looked up in PATH unless it holds a slash. Standard input is empty. Throws
// std::system_error when the program cannot be started.
ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options = {});

// The tool `argv[0]` of this build.
ProcessResult run_restore(std::vector<std::string> argv, const ProcessOptions& options = {});

// Not counting an empty one after the last newline.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace restore::testing
