#include "tools/batch/side_output.h"

#include "librestore/core/error.h"

namespace restore {

namespace fs = std::filesystem;

bool SideOutput::is_folder() const { return out.ends_with('/') || fs::is_directory(out); }

fs::path SideOutput::file(const Item& item) const {
  return is_folder() ? fs::path(out) / fs::path(item.id).replace_extension(extension)
                     : fs::path(out);
}

void SideOutput::check_takes_several() const {
  if (!is_folder())
    throw usage_error("{} {}: name a folder (with / at its end) for several pictures", flag, out);
}

}  // namespace restore
