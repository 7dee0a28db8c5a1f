// What a user did wrong, and the exit code that says so.
//
// Three channels, never mixed: `Error` for what a user did, assertions for our bugs, `Summary`
// (librestore/model/method.h) for numerics. `Error` is caught at one wall, `run_tool()`.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/core.h>

namespace restore {

// The promise to scripts: what every tool exits with.
enum class ExitCode : int {
  ok = 0,            // all done, or already done
  some_failed = 1,   // at least one item could not be read, restored or written
  usage = 2,         // bad value, unknown name, output = input
  no_input = 3,      // nothing usable was given
  interrupted = 75,  // stopped by a signal, can be resumed
  killed = 130,      // a second signal
};

class Error : public std::runtime_error {
 public:
  // `message` is one line: what, where, what to do.
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

// One item (a file) failed: `throw item_error("{}: truncated PNG", path)`.
template <typename... Args>
Error item_error(fmt::format_string<Args...> format, Args&&... args) {
  return {ExitCode::some_failed, fmt::format(format, std::forward<Args>(args)...)};
}

// The call itself is wrong.
template <typename... Args>
Error usage_error(fmt::format_string<Args...> format, Args&&... args) {
  return {ExitCode::usage, fmt::format(format, std::forward<Args>(args)...)};
}

// What the operating system said about a file: `path: cannot write: No space left on device; ...`.
// `error_number` is errno's value.
Error file_error(const std::string& path, const std::string& action, int error_number);

}  // namespace restore
