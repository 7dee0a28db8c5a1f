// Done means verified: `.restore-log.jsonl` in the output folder, a JSON line an event, only ever
// appended to, one write(2) a line, so that several processes may share it.
//
//   {"output": "sub/a.png", "status": "started"}
//   {"output": "sub/a.png", "status": "done", "input_hash": "..", "parameters_hash": "..",
//    "output_hash": ".."}
//
//   {"output": "sub/a.png", "status": "failed", "ours": true, ..}
//
// `started` is written before the work, `done` after the output has its name, `failed` when it
// never will. An output whose last event is `started` or `done` was made by us and may be replaced;
// so was one that is still there after a failure, `ours`, with the hashes of when it was done. What
// goes beside an output, such as a job, has events of its own.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "librestore/core/json.h"

namespace restore {

// What an output was made from.
struct Fingerprints {
  std::string input;       // hash_files of all that was read
  std::string parameters;  // hash_text of what the tool was told
  std::string output;      // hash_files of the result
};

enum class OutputState {
  absent,
  done,     // every fingerprint agrees
  stale,    // ours, but made from something else, or damaged
  foreign,  // there, and no record says that it is ours
};

// Item error when something is at `path`: an output that no record says is ours.
void refuse_foreign(const std::filesystem::path& path);

class RunLog {
 public:
  // Touches nothing: the log is read by the questions and made by the first event.
  explicit RunLog(const std::filesystem::path& folder);
  ~RunLog();
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  // `now.output` is not looked at: the output itself is read. Outputs lie below the folder. Lines
  // that are no records (the last one of a crash) are passed over. Item error when the log or the
  // output is there but cannot be read.
  OutputState state(const std::filesystem::path& output, const Fingerprints& now) const;

  // Whether the last that is known of an output is that we were making it or made it.
  bool is_ours(const std::filesystem::path& output) const;

  // Whether the last that is known of an output is that it could not be made.
  bool has_failed(const std::filesystem::path& output) const;

  // Thread-safe. Item error when the log cannot be written.
  void started(const std::filesystem::path& output);
  void done(const std::filesystem::path& output, const Fingerprints& fingerprints);
  // What is there although it failed now stays as ours as it was, and as done.
  void failed(const std::filesystem::path& output);
  // It failed, for somebody else has put something there.
  void disowned(const std::filesystem::path& output);

 private:
  struct Entry {
    bool ours = false;
    bool done = false;
    bool failed = false;
    Fingerprints fingerprints;
  };

  std::string name_of(const std::filesystem::path& output) const;
  // The last that is known of an output, by now: other processes append to the log too.
  Entry entry_of(const std::filesystem::path& output) const;
  void read_news() const;
  void read_line(const std::string& line) const;
  void append(const Json& event);

  std::filesystem::path folder_;
  std::filesystem::path path_;
  mutable std::mutex read_mutex_;                 // guards the two below
  mutable std::map<std::string, Entry> entries_;  // the last event of each output
  mutable std::streamoff read_bytes_ = 0;         // of the log, whole lines
  std::mutex append_mutex_;
  int descriptor_ = -1;
  bool inside_a_line_ = false;  // a full disk took half of one
};

}  // namespace restore
