#include "librestore/core/output_folder.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "librestore/core/error.h"

namespace restore {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

void check_folder_of(const fs::path& file) {
  const fs::path folder = folder_of(file);
  std::error_code ignored;
  if (!fs::exists(folder, ignored))
    throw item_error("{}: cannot write, there is no folder {}", file.string(), folder.string());
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    throw file_error(file.string(), "cannot write", errno);
}

void make_folder_of(const fs::path& file) {
  const fs::path folder = folder_of(file);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw file_error(folder.string(), "cannot make this folder", error.value());
  check_folder_of(file);
}

}  // namespace restore
