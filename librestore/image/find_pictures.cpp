#include "librestore/image/find_pictures.h"

#include <algorithm>
#include <system_error>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"

namespace restore {

namespace fs = std::filesystem;

std::vector<fs::path> find_pictures(const fs::path& folder, bool recursive) {
  std::error_code error, ignored;
  std::vector<fs::path> paths;
  fs::path looked_at = folder;
  fs::recursive_directory_iterator entry(folder, error);
  while (!error && entry != fs::recursive_directory_iterator()) {
    looked_at = entry->path();
    const bool hidden = looked_at.filename().string().starts_with('.');
    if (!recursive || hidden) entry.disable_recursion_pending();
    // Of none the system says what it is as little as it would open it; a link may lead nowhere.
    const fs::file_type type = entry->status(ignored).type();
    const bool file = type == fs::file_type::regular || type == fs::file_type::none ||
                      type == fs::file_type::not_found;
    if (file && !hidden && is_image_path(looked_at)) paths.push_back(looked_at);
    entry.increment(error);
  }
  if (error)
    throw usage_error("{}: cannot read this folder: {}", looked_at.string(), error.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace restore
