// The call that started this process.
#pragma once

#include <string>
#include <vector>

namespace restore {

// A word as a POSIX shell reads it back.
std::string shell_word(const std::string& text);

// This process's words, the program first.
std::vector<std::string> own_words();

// The same as a shell takes them, the program without its folder; those of thousands of
// files end in "...".
std::string own_call();

}  // namespace restore
