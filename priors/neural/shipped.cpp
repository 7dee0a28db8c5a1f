#include "priors/neural/shipped.h"

#include <cstdlib>
#include <sstream>

namespace restore {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

void add_list(std::vector<fs::path>& folders, const std::string& list, const fs::path& below) {
  std::istringstream stream(list);
  for (std::string entry; std::getline(stream, entry, ':');)
    if (fs::path(entry).is_absolute()) folders.push_back(fs::path(entry) / below);
}

}  // namespace

std::vector<fs::path> prior_folders() {
  const fs::path below = "restore/priors";
  std::vector<fs::path> folders;
  add_list(folders, environment("RESTORE_PRIOR_PATH", ""), "");
  std::error_code error;
  const fs::path bin = fs::read_symlink("/proc/self/exe", error).parent_path();
  if (!error) {
    folders.push_back(bin.parent_path() / "share" / below);
    // build/PRESET/bin in the source tree
    const fs::path source = bin.parent_path().parent_path().parent_path();
    if (bin.parent_path().parent_path().filename() == "build")
      folders.push_back(source / "data" / "priors");
  }
  const std::string home = environment("HOME", "");
  add_list(folders, environment("XDG_DATA_HOME", home.empty() ? "" : home + "/.local/share"),
           below);
  add_list(folders, environment("XDG_DATA_DIRS", "/usr/local/share:/usr/share"), below);
  return folders;
}

std::optional<fs::path> find_shipped_prior(const std::string& name) {
  std::error_code error;
  for (const auto& folder : prior_folders()) {
    const auto path = folder / (name + ".safetensors");
    if (fs::is_regular_file(path, error)) return path;
  }
  return std::nullopt;
}

}  // namespace restore
