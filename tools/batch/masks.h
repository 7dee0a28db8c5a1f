// The masks of restore-inpaint: one file for all pictures, or a folder with one mask a picture.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <torch/types.h>

namespace restore {

struct MaskOptions {
  std::string path;        // file or folder
  bool invert = false;     // white = keep
  double threshold = 0.5;  // of the grey value, above which a pixel is to be filled
  std::int64_t max_pixels = std::int64_t{1} << 30;  // larger ones are refused
};

class Masks {
 public:
  // Loads a single file at once. Usage error when the path is not there or the threshold not in
  // [0,1).
  explicit Masks(const MaskOptions& options);

  // The mask that belongs to `picture`: in a folder, the one that has its stem, searched first in
  // the sub-folder `relative` of the picture. Item error when there is none or more than one.
  // Looks into each folder once; not for several threads at once.
  std::filesystem::path find(const std::filesystem::path& picture,
                             const std::filesystem::path& relative = {});

  // The holes of the mask file: 1 x 1 x height x width bool. Item error when the mask has another
  // size or nothing to fill.
  torch::Tensor holes(const std::filesystem::path& mask, std::int64_t height,
                      std::int64_t width) const;

 private:
  using Paths = std::vector<std::filesystem::path>;

  Paths of_stem(const std::filesystem::path& folder, const std::filesystem::path& stem);

  MaskOptions options_;
  std::map<std::filesystem::path, std::map<std::filesystem::path, Paths>> folders_;  // by stem
  torch::Tensor shared_;  // the one mask for all; undefined for a folder
};

}  // namespace restore
