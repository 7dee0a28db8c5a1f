// Whether a file can be written, asked before the work that makes it.
#pragma once

#include <filesystem>

namespace restore {

// `.` for a name without a folder.
std::filesystem::path folder_of(const std::filesystem::path& file);

// Item error when the folder that `file` is to lie in does not exist or cannot be written to.
void check_folder_of(const std::filesystem::path& file);

// Makes that folder, with all above it; item error when it cannot be made or written to.
void make_folder_of(const std::filesystem::path& file);

}  // namespace restore
