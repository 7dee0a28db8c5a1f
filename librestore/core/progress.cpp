#include "librestore/core/progress.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "librestore/core/error.h"
#include "librestore/core/json.h"
#include "librestore/core/printable.h"

namespace restore {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// True once a `seconds` interval; the first call counts.
class RateLimit {
 public:
  explicit RateLimit(double seconds) : seconds_(seconds) {}

  bool pass() {
    if (passed_ && seconds_since(last_) < seconds_) return false;
    last_ = Clock::now();
    passed_ = true;
    return true;
  }

 private:
  double seconds_;
  bool passed_ = false;
  Clock::time_point last_;
};

// Keeps the counts under a lock and leaves the looks to its children.
class CountingProgress : public Progress {
 public:
  explicit CountingProgress(const ProgressOutput& output) : output_(output) {}

  void begin(const std::string& what, std::int64_t items) override {
    const std::lock_guard lock(mutex_);
    what_ = what;
    items_ = items;
    done_ = failed_ = 0;
    running_.clear();
    start_ = Clock::now();
    show_begin();
  }

  void step(const std::string& name, double fraction) override {
    const std::lock_guard lock(mutex_);
    running_[name] = std::clamp(fraction, 0.0, 1.0);
    show_step(name);
  }

  void item_done(const std::string& name, bool ok) override {
    const std::lock_guard lock(mutex_);
    running_.erase(name);
    ++done_;
    if (!ok) ++failed_;
    show_item(name, ok);
  }

  void message(const std::string& line) override {
    aside([&] { write(message_line(line)); });
  }

  void aside(const std::function<void()>& print) override {
    const std::lock_guard lock(mutex_);
    hide();
    print();
    unhide();
  }

  void end() override {
    const std::lock_guard lock(mutex_);
    show_end();
    items_ = 0;
  }

 protected:
  virtual void show_begin() = 0;
  virtual void show_step(const std::string& name) = 0;
  virtual void show_item(const std::string& name, bool ok) = 0;
  virtual void show_end() = 0;
  virtual void hide() {}
  virtual void unhide() {}
  virtual std::string message_line(const std::string& line) const { return printable(line) + "\n"; }

  // One call a line, so that lines of several processes stay whole.
  void write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), output_.stream);
    std::fflush(output_.stream);
  }

  // In [0,1], the running items' parts included.
  double fraction() const {
    double sum = static_cast<double>(done_);
    for (const auto& [name, part] : running_) sum += part;
    return items_ > 0 ? std::min(1.0, sum / static_cast<double>(items_)) : 0;
  }

  std::string failures() const { return failed_ > 0 ? fmt::format(", {} failed", failed_) : ""; }

  ProgressOutput output_;
  std::mutex mutex_;
  std::string what_;
  std::int64_t items_ = 0, done_ = 0, failed_ = 0;
  std::map<std::string, double> running_;
  Clock::time_point start_;
};

std::string format_seconds(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

class BarProgress final : public CountingProgress {
 public:
  using CountingProgress::CountingProgress;

 private:
  static constexpr int kWidth = 30;

  void draw() {
    const double part = fraction();
    const int filled = static_cast<int>(part * kWidth);
    std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    if (output_.colour) bar = fmt::format("\x1b[3{}m{}\x1b[0m", failed_ > 0 ? 3 : 2, bar);
    const double elapsed = seconds_since(start_);
    // A guess from a hundredth of the work is worth nothing.
    const std::string left =
        part > 0.01 ? ", " + format_seconds(elapsed * (1 - part) / part) + " left" : "";
    write(fmt::format("\r\x1b[K{} [{}] {}/{} {:.0f} %{}{}", what_, bar, done_, items_, 100 * part,
                      failures(), left));
  }

  void show_begin() override { draw(); }
  void show_step(const std::string&) override {
    if (limit_.pass()) draw();
  }
  void show_item(const std::string&, bool) override {
    if (limit_.pass() || done_ == items_) draw();
  }
  void show_end() override { hide(); }
  void hide() override {
    if (items_ > 0) write("\r\x1b[K");
  }
  void unhide() override {
    if (items_ > 0) draw();
  }

  RateLimit limit_{0.1};
};

// A single item is the caller's own line: only its steps are told, once they take long.
class PlainProgress final : public CountingProgress {
 public:
  using CountingProgress::CountingProgress;

 private:
  bool alone() const { return items_ == 1; }

  void show_begin() override {
    if (alone())
      step_limit_.pass();
    else
      write(fmt::format("{}: {} to do\n", what_, items_));
  }
  void show_step(const std::string& name) override {
    if (step_limit_.pass())
      write(fmt::format("{}: {} at {:.0f} %\n", what_, printable(name), 100 * running_[name]));
  }
  void show_item(const std::string& name, bool ok) override {
    // Failures are never dropped from a log; that of a single item has its message.
    if (alone() || (ok && done_ < items_ && !item_limit_.pass())) return;
    write(fmt::format("{}: {}/{} {}{}\n", what_, done_, items_, printable(name),
                      ok ? "" : " failed"));
  }
  void show_end() override {
    if (alone()) return;
    write(fmt::format("{}: {} of {} done in {}{}\n", what_, done_ - failed_, items_,
                      format_seconds(seconds_since(start_)), failures()));
  }

  RateLimit item_limit_{1};
  RateLimit step_limit_{10};
};

class JsonProgress final : public CountingProgress {
 public:
  using CountingProgress::CountingProgress;

 private:
  // File names may hold bytes that are not UTF-8; JSON may not.
  static std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  void show_begin() override {
    write(line_of({{"event", "begin"}, {"what", what_}, {"items", items_}}));
  }
  void show_step(const std::string& name) override {
    if (limit_.pass())
      write(line_of({{"event", "step"}, {"name", name}, {"fraction", running_[name]}}));
  }
  void show_item(const std::string& name, bool ok) override {
    write(line_of(
        {{"event", "item"}, {"name", name}, {"ok", ok}, {"done", done_}, {"items", items_}}));
  }
  void show_end() override {
    write(line_of({{"event", "end"},
                   {"done", done_},
                   {"failed", failed_},
                   {"seconds", seconds_since(start_)}}));
  }
  std::string message_line(const std::string& line) const override {
    return line_of({{"event", "message"}, {"text", line}});
  }

  RateLimit limit_{0.2};
};

// Messages still reach people; counts do not.
class SilentProgress final : public CountingProgress {
 public:
  using CountingProgress::CountingProgress;

 private:
  void show_begin() override {}
  void show_step(const std::string&) override {}
  void show_item(const std::string&, bool) override {}
  void show_end() override {}
};

bool variable_set(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace

ProgressStyle parse_progress_style(const std::string& name) {
  if (name == "auto") return ProgressStyle::automatic;
  if (name == "plain") return ProgressStyle::plain;
  if (name == "json") return ProgressStyle::json;
  if (name == "none") return ProgressStyle::none;
  throw usage_error("--progress: '{}' is not one of auto, plain, json, none", name);
}

std::unique_ptr<Progress> make_progress(ProgressStyle style, const ProgressOutput& output) {
  switch (style) {
    case ProgressStyle::json:
      return std::make_unique<JsonProgress>(output);
    case ProgressStyle::none:
      return std::make_unique<SilentProgress>(output);
    case ProgressStyle::automatic:
      if (output.terminal) return std::make_unique<BarProgress>(output);
      [[fallthrough]];
    case ProgressStyle::plain:
      return std::make_unique<PlainProgress>(output);
  }
  throw usage_error("unknown progress style");
}

std::unique_ptr<Progress> make_progress(ProgressStyle style) {
  const char* const term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  ProgressOutput output;
  output.terminal = isatty(STDERR_FILENO) == 1 && !dumb;
  // https://no-color.org: any non-empty value.
  output.colour = output.terminal && !variable_set("NO_COLOR");
  return make_progress(style, output);
}

}  // namespace restore
