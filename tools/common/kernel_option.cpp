#include "tools/common/kernel_option.h"

#include <algorithm>

namespace restore {

std::vector<std::filesystem::path> kernel_files(const std::string& text) {
  if (std::filesystem::is_regular_file(text)) return {text};
  return {};
}

std::string kernel_argument(const std::string& text, const std::vector<std::string>& words) {
  const bool is_word = std::find(words.begin(), words.end(), text) != words.end();
  const bool is_spec = text.find(':') != std::string::npos && kernel_files(text).empty();
  return is_word || is_spec ? text : '"' + text + '"';
}

}  // namespace restore
