// Fingerprints that tell whether a file or a set of parameters is still the same (XXH3, 128 bits,
// Collet 2019): against accidents, not against attackers.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace restore {

// 32 hexadecimal digits.
std::string hash_text(std::string_view text);
// Of the contents of the files, in order; names do not enter. Item error when one cannot be read.
std::string hash_files(const std::vector<std::filesystem::path>& paths);

}  // namespace restore
