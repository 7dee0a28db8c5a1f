#include "tools/batch/reference_pairs.h"

#include <map>
#include <set>

#include <fmt/format.h>

#include "librestore/core/error.h"
#include "librestore/image/find_pictures.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

// By which pictures of two folders belong together: the path in there, without the extension.
std::string key_of(const fs::path& picture, const fs::path& folder) {
  return picture.lexically_relative(folder).replace_extension().generic_string();
}

class Pairing {
 public:
  Pairing(const fs::path& reference, bool recursive)
      : reference_(reference), recursive_(recursive), by_name_(fs::is_directory(reference)) {
    if (by_name_) find_references();
  }

  ReferencePair pair(const fs::path& image, const fs::path& folder) const {
    if (!by_name_) return {reference_, image};
    const auto key = key_of(image, folder);
    const auto found = references_.find(key);
    if (found != references_.end()) return {found->second, image};
    return {{},
            image,
            fmt::format("{}: no reference {}.* in {}: add it, or leave this picture out",
                        image.string(), key, reference_.string())};
  }

  PairGroup pair_folder(const fs::path& folder) const {
    PairGroup group{folder.string(), {}};
    std::set<std::string> keys;
    for (const auto& image : find_pictures(folder, recursive_)) {
      group.pairs.push_back(pair(image, folder));
      keys.insert(key_of(image, folder));
    }
    for (const auto& [key, path] : references_)
      if (!keys.contains(key)) group.pairs.push_back(unused(key, path, folder));
    if (group.pairs.empty())
      group.pairs.push_back(
          {reference_, folder,
           fmt::format("{}: no picture in this folder: name another", folder.string())});
    return group;
  }

 private:
  void find_references() {
    for (const auto& path : find_pictures(reference_, recursive_)) {
      const auto [other, is_new] = references_.emplace(key_of(path, reference_), path);
      if (!is_new)
        throw usage_error(
            "{} and {} share a stem, and only one can be the reference: move one away",
            other->second.string(), path.string());
    }
  }

  static ReferencePair unused(const std::string& key, const fs::path& reference,
                              const fs::path& folder) {
    return {reference,
            {},
            fmt::format("{}: no picture {}.* in {}: add it, or name pictures one by one",
                        reference.string(), key, folder.string())};
  }

  fs::path reference_;
  bool recursive_, by_name_;
  std::map<std::string, fs::path> references_;  // by key_of
};

}  // namespace

std::vector<PairGroup> pair_with_references(const std::string& reference,
                                            const std::vector<std::string>& images,
                                            bool recursive) {
  const Pairing pairing(reference, recursive);
  std::vector<PairGroup> groups;
  PairGroup named;
  for (const fs::path image : images) {
    if (fs::is_directory(image))
      groups.push_back(pairing.pair_folder(image));
    else
      named.pairs.push_back(pairing.pair(image, image.parent_path()));
  }
  groups.push_back(named);
  return groups;
}

}  // namespace restore
