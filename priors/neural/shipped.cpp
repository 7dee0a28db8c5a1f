#include "priors/neural/shipped.h"

#include <array>
#include <cstdlib>
#include <set>
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

// 0: a folder of diffusers; files by their extension. Empty: no prior.
std::optional<std::size_t> rank_of(const fs::path& path) {
  constexpr std::array kExtensions{".safetensors", ".pth", ".pt", ".bin", ".ckpt"};
  std::error_code error;
  if (fs::is_directory(path, error))
    return fs::exists(path / "config.json", error) || fs::exists(path / "unet/config.json", error)
               ? std::optional<std::size_t>(0)
               : std::nullopt;
  const auto* const found =
      std::find(kExtensions.begin(), kExtensions.end(), path.extension().string());
  if (found == kExtensions.end() || !fs::is_regular_file(path, error)) return std::nullopt;
  return 1 + static_cast<std::size_t>(found - kExtensions.begin());
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
  if (name.find('/') != std::string::npos) return std::nullopt;
  const auto priors = shipped_priors();
  const auto found = priors.find(name);
  return found == priors.end() ? std::nullopt : std::optional(found->second);
}

std::map<std::string, fs::path> shipped_priors() {
  std::map<std::string, fs::path> priors;
  std::error_code error;
  for (const auto& folder : prior_folders()) {
    // In the order of the extensions, then of the names: not in that of the folder.
    std::set<std::pair<std::size_t, fs::path>> found;
    for (const auto& entry : fs::directory_iterator(folder, error))
      if (const auto rank = rank_of(entry.path())) found.emplace(*rank, entry.path());
    for (const auto& [rank, path] : found)
      priors.emplace(rank == 0 ? path.filename() : path.stem(), path);
  }
  return priors;
}

}  // namespace restore
