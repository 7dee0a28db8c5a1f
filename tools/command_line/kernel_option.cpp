#include "tools/command_line/kernel_option.h"

#include <algorithm>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "operators/kernel/kernels.h"

namespace restore {
namespace {

using Words = std::vector<std::string>;

bool is_one_of(const Words& words, const std::string& text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// name:numbers, unless that is a file.
bool is_spec(const std::string& text) {
  return text.find(':') != std::string::npos && kernel_files(text).empty();
}

std::string names_and_usages(Words known) {
  for (const auto& row : kernel_table()) known.push_back(row.usage);
  return fmt::format("{}", fmt::join(known, ", "));
}

}  // namespace

std::vector<std::filesystem::path> kernel_files(const std::string& text) {
  if (std::filesystem::is_regular_file(text)) return {text};
  return {};
}

std::string kernel_argument(const std::string& text, const Words& words) {
  return is_one_of(words, text) || is_spec(text) ? text : '"' + text + '"';
}

void check_kernel(const std::string& flag, const std::string& text, const Words& words) {
  if (is_one_of(words, text)) return;
  if (!is_spec(text) && kernel_files(text).empty())
    throw usage_error("{} {}: no such file, and no kernel of that name; known: {}", flag, text,
                      names_and_usages(words));
  build_kernel(kernel_argument(text));
}

}  // namespace restore
