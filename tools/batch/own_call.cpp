#include "tools/batch/own_call.h"

#include <filesystem>
#include <fstream>

namespace restore {
namespace {

constexpr std::size_t kLongestCall = 2000;

}  // namespace

std::string shell_word(const std::string& text) {
  if (!text.empty() && text.find_first_of(" '\"$&|;()<>*?[]{}\\`!#~\n\t") == std::string::npos)
    return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += shell_word(word);
  }
  return line;
}

std::vector<std::string> own_words() {
  std::ifstream call("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(call, word, '\0');) words.push_back(word);
  return words;
}

std::string own_call() {
  std::string call;
  for (const std::string& word : own_words()) {
    if (call.size() > kLongestCall) return call + " ...";
    call += call.empty() ? std::filesystem::path(word).filename().string() : " " + shell_word(word);
  }
  return call;
}

}  // namespace restore
