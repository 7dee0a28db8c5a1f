#include "priors/patch/picture_folder.h"

#include <algorithm>

#include "librestore/image/image_io.h"
#include "librestore/model/shape.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::vector<fs::path> picture_paths(const fs::path& folder, ExitCode none) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error))
    if (it->is_regular_file() && is_image_path(it->path())) paths.push_back(it->path());
  if (error) throw usage_error("{}: {}", folder.string(), error.message());
  if (paths.empty())
    throw Error(none, fmt::format("{}: no pictures in this folder", folder.string()));
  std::sort(paths.begin(), paths.end());
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
