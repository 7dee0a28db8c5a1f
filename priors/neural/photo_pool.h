// Photographs in memory, as uint8, and random crops of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/core/rng.h"

namespace restore {

struct PhotoPoolOptions {
  double memory_gib = 4;                // photographs beyond this are left out, and reported
  double held_out = 0.04;               // fraction of the files, chosen by a hash of the name
  std::vector<std::string> excluded{};  // file names starting with one of these are left out
  // px; a photograph to train on with a shorter side is left out and counted: crops of this size
  // would be enlargements of it, and teach that photographs are blurred.
  int least_side = 0;
  int threads = 1;
};

struct CropOptions {
  double smallest_scale = 0.4;  // crops are shrunk by a factor in [smallest_scale, 1] ...
  double unscaled = 0.25;       // ... or, this often, left as they are
  double grey = 0.1;            // share of crops without colour
};

struct PhotoCrop {
  torch::Tensor pixels;  // 3 x S x S, float32, [0,1]
  bool grey = false;
};

class PhotoPool {
 public:
  // Every picture below `folder`, in the order of their names. Unreadable files are skipped and
  // listed in `skipped()`; no usable photograph at all is an error (ExitCode::no_input).
  PhotoPool(const std::filesystem::path& folder, const PhotoPoolOptions& options);

  // A random crop of the training photographs, shrunk with antialiasing, flipped and turned. Of one
  // that is smaller than the crop (see least_side) the largest square, enlarged.
  PhotoCrop random_crop(int size, const CropOptions& options, Rng& rng) const;
  // Central crops of the held-out photographs, size x size (smaller photographs are left out):
  // K x 3 x size x size.
  torch::Tensor held_out_crops(int size) const;

  std::size_t training_count() const { return training_.size(); }
  std::size_t held_out_count() const { return held_out_.size(); }
  const std::vector<std::string>& skipped() const { return skipped_; }
  std::size_t too_small_count() const { return too_small_; }

 private:
  std::vector<torch::Tensor> training_, held_out_;  // H x W x 3, uint8
  std::vector<std::string> skipped_;
  std::size_t too_small_ = 0;
};

}  // namespace restore
