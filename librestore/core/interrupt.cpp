#include "librestore/core/interrupt.h"

#include <atomic>

#include <signal.h>
#include <unistd.h>

#include "librestore/core/error.h"
#include "librestore/core/temporary_file.h"

namespace restore {
namespace {

std::atomic<bool> signal_arrived = false;

static_assert(std::atomic<bool>::is_always_lock_free);

// Async-signal-safe: a lock-free atomic, unlink and _exit only.
void on_signal(int) {
  if (!signal_arrived.exchange(true)) return;
  unlink_temporary_files();
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

}  // namespace restore
