// Progress on stderr: a bar on a terminal, plain lines in a log, JSON lines for a program, or
// nothing.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

namespace restore {

enum class ProgressStyle { automatic, plain, json, none };

// "auto", "plain", "json", "none"; usage error otherwise.
ProgressStyle parse_progress_style(const std::string& name);

// Thread-safe. Counts items; an item may report its steps. NO_COLOR and a non-terminal are
// honoured.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin(const std::string& what, std::int64_t items) = 0;
  // `fraction` in [0,1] of item `name`.
  virtual void step(const std::string& name, double fraction) = 0;
  virtual void item_done(const std::string& name, bool ok) = 0;
  // A line for people, kept clear of the bar.
  virtual void message(const std::string& line) = 0;
  // Runs `write`, which prints to the same terminal (results on stdout), with the bar out of the
  // way.
  virtual void aside(const std::function<void()>& write) = 0;
  virtual void end() = 0;
};

std::unique_ptr<Progress> make_progress(ProgressStyle style);

// Where progress goes; `make_progress(style)` finds out about stderr, TERM and NO_COLOR by itself.
struct ProgressOutput {
  std::FILE* stream = stderr;
  bool terminal = false;
  bool colour = false;
};
std::unique_ptr<Progress> make_progress(ProgressStyle style, const ProgressOutput& output);

}  // namespace restore
