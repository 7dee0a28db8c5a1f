// The flags that the tools share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "librestore/core/progress.h"
#include "librestore/model/shape.h"
#include "librestore/run/items.h"
#include "librestore/solve/table.h"
#include "tools/common/command_line.h"

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

// What every tool that restores takes besides.
struct MethodOptions {
  std::string prior{};                    // empty: the default prior
  std::string method{};                   // empty: what the preset says
  std::vector<std::string> parameters{};  // K=V
  std::string quality = "balanced";       // fast, balanced or high: which preset
  std::optional<int> steps{};
  std::string noise{};  // tools/common/noise_option.h
  std::uint64_t seed = 0;
  std::string tile = "auto";      // of the prior: auto, a side in pixels, or 0 for none
  std::optional<int> samples{};   // of the posterior; methods that draw none refuse
  std::string estimate = "mean";  // of the samples, or "sample": the first
  std::string uncertainty{};      // file or folder for the samples' standard deviation
  // Asked for something that only a method which draws samples has.
  bool wants_samples() const { return samples || !uncertainty.empty() || estimate == "sample"; }
};

constexpr const char *kFiles = "Files", *kRun = "Running and reporting";  // groups of options

void add_run_options(CLI::App& app, RunOptions& options);
void add_batch_options(CLI::App& app, BatchOptions& options);
// `method_flag`: "--method", or "--solver,--method"; options.noise holds the tool's default.
void add_method_options(CLI::App& app, MethodOptions& options,
                        const std::string& method_flag = "--method");

// What every tool that computes takes: with how many threads, 0 for all cores, and where, to which there is
// one answer, and auto is it.
CLI::Option* add_threads_option(CLI::App& app, int& threads);
CLI::Option* add_device_option(CLI::App& app);
CLI::Option* add_progress_option(CLI::App& app, std::string& progress);
CLI::Option* add_report_option(CLI::App& app, std::string& report);

// Throws a usage error when flags contradict each other.
void check_run_options(const RunOptions& options);
void check_batch_options(const BatchOptions& options);

Existing existing_of(const RunOptions& options);
std::unique_ptr<Progress> make_progress(const RunOptions& options);

// What the process takes before it has seen a picture: libraries and the prior's weights.
constexpr std::int64_t kProcessBytes = std::int64_t{300} << 20;
// What that leaves of max_memory, bytes.
std::int64_t memory_for_items(const RunOptions& options);

// WIDTHxHEIGHT, and xCHANNELS (3 by default) where these are not given by `channels`; usage error that
// names --size.
Shape parse_size(const std::string& text, std::optional<std::int64_t> channels = {});

// The `K=V`s of --param; usage error when a name is there twice, or among those that are `given` already.
ParameterValues parse_parameters(const std::vector<std::string>& assignments,
                                 std::set<std::string> given = {});

// The `K=V`s, --steps and --samples as the method takes them; `sampler`: it draws samples.
ParameterValues parameter_values(const MethodOptions& options, bool sampler);

}  // namespace restore
