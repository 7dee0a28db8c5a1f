// The one wall: inside it errors are exceptions, outside they are a line on stderr and an exit
// code.
#pragma once

#include <functional>

#include "librestore/core/error.h"

namespace restore {

using ToolBody = std::function<ExitCode(int argc, char** argv)>;

// What every main returns. Installs the interrupt handlers, runs `body` and turns what it throws
// into `TOOL: message` on stderr: an Error into its exit code, anything else (an error of libtorch
// or of the standard library: first line only) into ExitCode::some_failed.
int run_tool(int argc, char** argv, const ToolBody& body);

}  // namespace restore
