// What a call asks of a run: which files, what may be replaced, with how much, and what to say.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "librestore/core/progress.h"
#include "librestore/run/items.h"

namespace restore {

// What every tool that writes pictures takes.
struct RunOptions {
  bool overwrite = false;
  bool skip_existing = false;
  int threads = 0;                                  // 0: all cores
  std::int64_t max_memory = std::int64_t{4} << 30;  // bytes
  bool dry_run = false;
  bool json = false;
  std::string progress = "auto";
  bool quiet = false;
  std::string report{};  // a page about the run; empty: none
};

// What every tool that reads pictures takes besides.
struct BatchOptions : RunOptions {
  std::vector<std::string> inputs;
  std::string output;
  bool recursive = false;
  std::int64_t max_pixels = std::int64_t{1} << 30;
  int jpeg_quality = 95;
  bool no_provenance = false;
  bool strip = false;
  bool verbose = false;
  // What restore-batch says to the tool that it starts.
  std::string plan_to{};     // write a manifest there in place of running
  std::string manifest{};    // run what this one plans
  std::string shard{};       // I/N of it; empty: all
  bool only_failed = false;  // of it
};

// Throws a usage error when flags contradict each other.
void check_run_options(const RunOptions& options);
void check_batch_options(const BatchOptions& options);

Existing existing_of(const RunOptions& options);
// The outputs of a manifest are done before or to be done.
Existing existing_of(const BatchOptions& options);
// All cores where none are asked for.
int threads_of(const RunOptions& options);
std::unique_ptr<Progress> make_progress(const RunOptions& options);

// What the process takes before it has seen a picture: libraries and the prior's weights.
constexpr std::int64_t kProcessBytes = std::int64_t{300} << 20;
// What that leaves of max_memory, bytes.
std::int64_t memory_for_items(const RunOptions& options);

}  // namespace restore
