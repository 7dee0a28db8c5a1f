#include "tools/batch/masks.h"

#include <ATen/ops/logical_not.h>

#include "librestore/core/error.h"
#include "librestore/image/image_io.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

torch::Tensor load(const MaskOptions& options, const fs::path& path) {
  const auto white = load_mask(path, options.threshold, {.max_pixels = options.max_pixels});
  return options.invert ? at::logical_not(white) : white;
}

}  // namespace

Masks::Masks(const MaskOptions& options) : options_(options) {
  if (!(options.threshold >= 0 && options.threshold < 1))
    throw usage_error("--mask-threshold {}: must lie in [0, 1)", options.threshold);
  if (!fs::exists(options.path))
    throw usage_error("--mask {}: no such file or folder", options.path);
  if (!fs::is_directory(options.path)) shared_ = load(options, options.path);
}

Masks::Paths Masks::of_stem(const fs::path& folder, const fs::path& stem) {
  const auto [place, is_new] = folders_.try_emplace(folder);
  auto& masks = place->second;
  std::error_code ignored;  // an unreadable folder holds no mask
  if (is_new)
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (is_image_path(entry.path())) masks[entry.path().stem()].push_back(entry.path());
  const auto found = masks.find(stem);
  return found == masks.end() ? Paths() : found->second;
}

fs::path Masks::find(const fs::path& picture, const fs::path& relative) {
  if (shared_.defined()) return options_.path;
  auto found = of_stem(options_.path / relative, picture.stem());
  if (found.empty() && !relative.empty()) found = of_stem(options_.path, picture.stem());
  if (found.empty())
    throw item_error("{}: no mask named {}.* in {}", picture.string(), picture.stem().string(),
                     options_.path);
  if (found.size() > 1)
    throw item_error("{}: {} masks named {}.* in {}; keep one", picture.string(), found.size(),
                     picture.stem().string(), options_.path);
  return found.front();
}

torch::Tensor Masks::holes(const fs::path& mask, std::int64_t height, std::int64_t width) const {
  const auto holes = shared_.defined() ? shared_ : load(options_, mask);
  if (holes.size(2) != height || holes.size(3) != width)
    throw item_error("{}: the mask has {}x{} pixels, the picture {}x{}", mask.string(),
                     holes.size(3), holes.size(2), width, height);
  if (!holes.any().item<bool>())
    throw item_error("{}: the mask is empty, there is nothing to fill{}", mask.string(),
                     options_.invert ? "" : " (white is filled; --mask-invert fills black)");
  if (holes.all().item<bool>())
    throw item_error("{}: the mask covers the whole picture{}", mask.string(),
                     options_.invert ? "" : "; --mask-invert fills black instead");
  return holes;
}

}  // namespace restore
