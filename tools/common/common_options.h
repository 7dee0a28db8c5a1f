// The flags that the tools share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "librestore/solve/table.h"
#include "tools/common/command_line.h"

namespace restore {

// What every tool that reads and writes pictures takes.
struct BatchOptions {
  std::vector<std::string> inputs;
  std::string output;
  bool recursive = false;
  bool overwrite = false;
  bool skip_existing = false;
  int threads = 0;  // 0: all cores
  std::int64_t max_pixels = std::int64_t{1} << 30;
  std::int64_t max_memory = std::int64_t{4} << 30;  // bytes
  int jpeg_quality = 95;
  bool no_provenance = false;
  bool strip = false;
  bool dry_run = false;
  bool json = false;
  std::string progress = "auto";
  bool quiet = false;
  bool verbose = false;
  std::string report{};  // a page about the run; empty: none
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

void add_batch_options(CLI::App& app, BatchOptions& options);
// `method_flag`: "--method", or "--solver,--method"; options.noise holds the tool's default.
void add_method_options(CLI::App& app, MethodOptions& options,
                        const std::string& method_flag = "--method");

// What every tool that computes takes: where. There is one answer, and auto is it.
CLI::Option* add_device_option(CLI::App& app);
CLI::Option* add_report_option(CLI::App& app, std::string& report);

// Throws a usage error when flags contradict each other.
void check_batch_options(const BatchOptions& options);

// The `K=V`s, --steps and --samples as the method takes them; `sampler`: it draws samples.
ParameterValues parameter_values(const MethodOptions& options, bool sampler);

}  // namespace restore
