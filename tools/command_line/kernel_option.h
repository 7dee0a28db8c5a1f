// A kernel as a flag takes it (--psf, --kernel), for use in an operator expression.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace restore {

// `gaussian:1.6` as it is, a path quoted. `words`: names that are neither ("bicubic").
std::string kernel_argument(const std::string& text, const std::vector<std::string>& words = {});

// Usage error that begins with `flag` unless `text` is one of `words` or a good kernel: found
// before any picture is read.
void check_kernel(const std::string& flag, const std::string& text,
                  const std::vector<std::string>& words = {});

// The file that `text` names, if it names one: what a result also depends on.
std::vector<std::filesystem::path> kernel_files(const std::string& text);

}  // namespace restore
