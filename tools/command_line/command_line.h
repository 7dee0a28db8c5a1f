// CLI11 with the manners that every tool shares: --help, --version, one-line usage errors.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

namespace restore {

struct ToolText {
  std::string name;     // "restore-inpaint"
  std::string purpose;  // one sentence
  std::string example;  // one command line
  std::string notes;    // what else a user must know; may be empty
};

// A default that an option has captured, or been told, goes behind its description.
std::unique_ptr<CLI::App> make_command_line(const ToolText& text);

// Checks of option values whose messages say in one line what is wrong: CLI11's print the largest
// double.
CLI::Validator above_zero();
CLI::Validator whole_number();  // 0 or more; CLI11 reads -1 as 2^64 - 1

// A flag that prints a table in place of running; what the tool otherwise requires may be missing.
void add_listing(CLI::App& app, const std::string& flag, const std::string& help,
                 const std::function<void()>& print);

// False: --help, --version or a listing was asked for and has been printed. A usage error names
// what is wrong and where help is.
bool parse_command_line(CLI::App& app, int argc, char** argv);

}  // namespace restore
