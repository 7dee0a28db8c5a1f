#include "priors/patch/picture_folder.h"

#include <algorithm>

#include "librestore/image/find_pictures.h"
#include "librestore/image/image_io.h"
#include "librestore/model/shape.h"

namespace restore {

namespace fs = std::filesystem;

std::vector<fs::path> picture_paths(const fs::path& folder, ExitCode none) {
  auto paths = find_pictures(folder);
  if (paths.empty())
    throw Error(none, fmt::format("{}: no pictures in this folder", folder.string()));
  return paths;
}

std::vector<torch::Tensor> load_pictures(const fs::path& folder) {
  std::vector<torch::Tensor> pictures;
  std::int64_t channels = 1;
  for (const auto& path : picture_paths(folder)) {
    pictures.push_back(load_image(path).colour);
    channels = std::max(channels, pictures.back().size(1));
  }
  for (auto& picture : pictures) picture = picture.expand({1, channels, -1, -1}).contiguous();
  return pictures;
}

torch::Tensor load_equal_pictures(const fs::path& folder) {
  const auto pictures = load_pictures(folder);
  for (const auto& picture : pictures)
    if (picture.sizes() != pictures.front().sizes())
      throw usage_error("{}: pictures of {} and of {}; they must have one size", folder.string(),
                        shape_of(pictures.front()).to_string(), shape_of(picture).to_string());
  return torch::cat(pictures);
}

}  // namespace restore
