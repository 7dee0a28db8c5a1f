// The flags that the tools share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "librestore/model/shape.h"
#include "tools/batch/run_options.h"
#include "tools/command_line/command_line.h"
#include "tools/restoration/method_options.h"

namespace restore {

constexpr const char *kFiles = "Files", *kRun = "Running and reporting";  // groups of options

void add_run_options(CLI::App& app, RunOptions& options);
void add_batch_options(CLI::App& app, BatchOptions& options);
// `method_flag`: "--method", or "--solver,--method"; options.noise holds the tool's default.
void add_method_options(CLI::App& app, MethodOptions& options,
                        const std::string& method_flag = "--method");

// What every tool that computes takes: with how many threads, 0 for all cores, and where, to which
// there is one answer, and auto is it.
CLI::Option* add_threads_option(CLI::App& app, int& threads);
CLI::Option* add_device_option(CLI::App& app);
CLI::Option* add_progress_option(CLI::App& app, std::string& progress);
CLI::Option* add_report_option(CLI::App& app, std::string& report);
CLI::Option* add_max_pixels_option(CLI::App& app, std::int64_t& max_pixels);

// WIDTHxHEIGHT, and xCHANNELS (3 by default) where these are not given by `channels`; usage error
// that names --size.
Shape parse_size(const std::string& text, std::optional<std::int64_t> channels = {});

}  // namespace restore
