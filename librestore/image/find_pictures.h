// The pictures of a folder.
#pragma once

#include <filesystem>
#include <vector>

namespace restore {

// Every file in `folder`, and below it with `recursive`, that by its name is a picture
// (is_image_path), in the order of their paths; hidden files and folders excepted. What cannot be
// looked at is among them: it fails when it is read. Usage error when a folder cannot be read.
std::vector<std::filesystem::path> find_pictures(const std::filesystem::path& folder,
                                                 bool recursive = true);

}  // namespace restore
