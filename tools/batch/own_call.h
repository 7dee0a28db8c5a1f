// The call that started this process, and calls as a shell takes them.
#pragma once

#include <string>
#include <vector>

namespace restore {

// A word, and words, as a shell reads them back.
std::string shell_word(const std::string& text);
std::string shell_line(const std::vector<std::string>& words);

// This process's words, the program first.
std::vector<std::string> own_words();

// The same as a shell takes them, the program without its folder; those of thousands of
// files end in "...".
std::string own_call();

}  // namespace restore
