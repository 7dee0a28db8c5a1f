#include "tools/command_line/run_tool.h"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include <fmt/core.h>

#include "librestore/core/interrupt.h"
#include "librestore/core/printable.h"

namespace restore {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

int fail(const char* tool, ExitCode code, const std::string& message) {
  fmt::print(stderr, "{}: {}\n", std::filesystem::path(tool).filename().string(),
             printable(message));
  return static_cast<int>(code);
}

// Results that never arrived are a failure, even though all files are there.
void check_standard_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw item_error("standard output: cannot write; what was printed there is lost");
}

}  // namespace

int run_tool(int argc, char** argv, const ToolBody& body) {
  try {
    install_interrupt_handlers();
    const auto code = body(argc, argv);
    check_standard_output();
    return static_cast<int>(code);
  } catch (const Error& error) {
    return fail(argv[0], error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(argv[0], ExitCode::some_failed, "out of memory");
  } catch (const std::exception& error) {
    // Also c10::Error, whose backtrace starts on the second line.
    return fail(argv[0], ExitCode::some_failed, first_line(error.what()));
  }
}

}  // namespace restore
