// SIGINT and SIGTERM: the first asks the work to stop (exit 75, can be resumed), the second ends
// the process at once (exit 130) after its temporary files (temporary_file.h) are gone.
#pragma once

namespace restore {

// Installs the handlers; call once, first thing in a tool.
void install_interrupt_handlers();
bool interrupted();
// Throws Error{ExitCode::interrupted} when a signal has arrived. Long loops call it once a step.
void throw_if_interrupted();
// For tests: behave as if a signal had arrived, or as if none had.
void set_interrupted(bool value);

}  // namespace restore
