// Which picture is judged by which reference.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace restore {

struct ReferencePair {
  std::filesystem::path reference, image;
  std::string problem{};  // why there is nothing to compare; empty: there is
};

// The pictures of one folder, or those that were named one by one: what one mean is taken over.
struct PairGroup {
  std::string name;  // of the folder; empty for those that were named
  std::vector<ReferencePair> pairs;
};

// A picture is paired with the file of its stem where `reference` is a folder, else with that file.
// `recursive`: folders with all below them; a picture's partner then lies in the same place below
// its folder. Of a folder among `images`, a reference that no picture stands for is a problem as
// well as a picture without reference: both would be missing from the mean. Named pictures come
// last.
//
// Usage error when a folder cannot be read or holds two references of one stem.
std::vector<PairGroup> pair_with_references(const std::string& reference,
                                            const std::vector<std::string>& images, bool recursive);

}  // namespace restore
