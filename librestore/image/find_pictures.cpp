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
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!recursive) entry.disable_recursion_pending();
    // None: the system says what it is as little as it would open it.
    const fs::file_type type = entry->status(ignored).type();
    if ((type == fs::file_type::regular || type == fs::file_type::none) &&
        is_image_path(entry->path()))
      paths.push_back(entry->path());
  }
  if (error) throw usage_error("{}: cannot read this folder: {}", folder.string(), error.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace restore
