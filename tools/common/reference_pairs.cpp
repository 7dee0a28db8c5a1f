#include "tools/common/reference_pairs.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::error_code error;
  const fs::directory_iterator entries(folder, error);
  if (error) throw usage_error("{}: cannot read this folder: {}", folder.string(), error.message());
  std::vector<fs::path> paths;
  for (const auto& entry : entries)
    if (entry.is_regular_file() && is_image_path(entry.path())) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

class Pairing {
 public:
  explicit Pairing(const fs::path& reference)
      : reference_(reference), by_stem_(fs::is_directory(reference)) {
    if (by_stem_) find_references();
  }

  ReferencePair pair(const fs::path& image) const {
    if (!by_stem_) return {reference_, image};
    const auto stem = image.stem().string();
    const auto found = references_.find(stem);
    if (found != references_.end()) return {found->second, image};
    return {{},
            image,
            fmt::format("{}: no reference {}.* in {}: add it, or leave this picture out",
                        image.string(), stem, reference_.string())};
  }

  PairGroup pair_folder(const fs::path& folder) const {
    PairGroup group{folder.string(), {}};
    std::set<std::string> stems;
    for (const auto& image : pictures_in(folder)) {
      group.pairs.push_back(pair(image));
      stems.insert(image.stem().string());
    }
    for (const auto& [stem, path] : references_)
      if (!stems.contains(stem)) group.pairs.push_back(unused(path, folder));
    if (group.pairs.empty())
      group.pairs.push_back(
          {reference_, folder,
           fmt::format("{}: no picture in this folder: name another", folder.string())});
    return group;
  }

 private:
  void find_references() {
    for (const auto& path : pictures_in(reference_)) {
      const auto [other, is_new] = references_.emplace(path.stem().string(), path);
      if (!is_new)
        throw usage_error(
            "{} and {} share a stem, and only one can be the reference: move one away",
            other->second.string(), path.string());
    }
  }

  static ReferencePair unused(const fs::path& reference, const fs::path& folder) {
    return {reference,
            {},
            fmt::format("{}: no picture {}.* in {}: add it, or name pictures one by one",
                        reference.string(), reference.stem().string(), folder.string())};
  }

  fs::path reference_;
  bool by_stem_;
  std::map<std::string, fs::path> references_;  // by stem
};

}  // namespace

std::vector<PairGroup> pair_with_references(const std::string& reference,
                                            const std::vector<std::string>& images) {
  const Pairing pairing(reference);
  std::vector<PairGroup> groups;
  PairGroup named;
  for (const fs::path image : images) {
    if (fs::is_directory(image))
      groups.push_back(pairing.pair_folder(image));
    else
      named.pairs.push_back(pairing.pair(image));
  }
  groups.push_back(named);
  return groups;
}

}  // namespace restore
