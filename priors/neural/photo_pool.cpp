#include "priors/neural/photo_pool.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/core/parallel.h"
#include "librestore/image/find_pictures.h"
#include "librestore/image/image_io.h"
#include "librestore/image/image_stream.h"

namespace restore {
namespace {

namespace fs = std::filesystem;

// None whose name starts with one of `excluded`.
std::vector<fs::path> photos_below(const fs::path& folder,
                                   const std::vector<std::string>& excluded) {
  auto paths = find_pictures(folder);
  std::erase_if(paths, [&](const fs::path& path) {
    const std::string name = path.filename().string();
    return std::any_of(excluded.begin(), excluded.end(),
                       [&](const auto& prefix) { return name.starts_with(prefix); });
  });
  return paths;
}

// H x W x 3, uint8; grey becomes three equal channels.
torch::Tensor load_bytes(const fs::path& path) {
  const auto colour = load_image(path).colour.expand({1, 3, -1, -1});
  return (colour[0].clamp(0, 1) * 255 + 0.5).to(torch::kUInt8).permute({1, 2, 0}).contiguous();
}

// What load_bytes will hold; 0 where it will fail.
double bytes_of(const fs::path& path) {
  try {
    const ImageSource source(path);
    return 3.0 * static_cast<double>(source.height()) * static_cast<double>(source.width());
  } catch (const Error&) {
    return 0;
  }
}

// Uniform in [0, 1) from the file's name alone: adding photographs moves none to the other side.
double name_hash(const fs::path& path) {
  const std::string name = path.filename().string();
  const auto hash = stable_hash({reinterpret_cast<const unsigned char*>(name.data()), name.size()});
  return static_cast<double>(Rng(hash).below(1 << 20)) / (1 << 20);
}

torch::Tensor to_pixels(const torch::Tensor& bytes) {
  return bytes.permute({2, 0, 1}).contiguous().to(torch::kFloat32).div_(255);
}

// One of the eight symmetries of the square.
torch::Tensor turn(torch::Tensor x, std::uint64_t which) {
  if (which & 1) x = x.flip({1});
  if (which & 2) x = x.flip({2});
  if (which & 4) x = x.transpose(1, 2);
  return x.contiguous();
}

}  // namespace

PhotoPool::PhotoPool(const fs::path& folder, const PhotoPoolOptions& options) {
  const auto paths = photos_below(folder, options.excluded);
  // Headers say what fits, before anything is decoded.
  double bytes = 0;
  const double budget = options.memory_gib * 1024 * 1024 * 1024;
  std::vector<bool> fits;
  for (const auto& path : paths) fits.push_back((bytes += bytes_of(path)) <= budget);
  std::vector<torch::Tensor> photos(paths.size());
  const auto count = static_cast<std::int64_t>(paths.size());
  parallel_items(count, divide_threads(options.threads, count), [&](std::int64_t i) {
    throw_if_interrupted();
    try {
      if (fits[static_cast<std::size_t>(i)]) photos[i] = load_bytes(paths[i]);
    } catch (const Error&) {
      // Stays undefined: listed as skipped below.
    }
  });
  for (std::size_t i = 0; i < photos.size(); ++i) {
    if (!photos[i].defined()) {
      skipped_.push_back(paths[i].string());
      continue;
    }
    const bool is_held_out = name_hash(paths[i]) < options.held_out;
    if (!is_held_out && std::min(photos[i].size(0), photos[i].size(1)) < options.least_side)
      ++too_small_;
    else
      (is_held_out ? held_out_ : training_).push_back(photos[i]);
  }
  if (!training_.empty()) return;
  auto message = fmt::format("{}: no photograph to train on was found", folder.string());
  if (too_small_ > 0)
    message += fmt::format(
        "; too small for crops of {} pixels: {}; take a smaller --crop, or --fixed-crops",
        options.least_side, too_small_);
  throw Error(ExitCode::no_input, message);
}

PhotoCrop PhotoPool::random_crop(int size, const CropOptions& options, Rng& rng) const {
  const auto& photo = training_[rng.below(training_.size())];
  const std::int64_t height = photo.size(0), width = photo.size(1);
  double scale = 1;
  if (rng.uniform() >= options.unscaled)
    scale = options.smallest_scale + (1 - options.smallest_scale) * rng.uniform();
  const auto side = std::min({static_cast<std::int64_t>(std::lround(size / scale)), height, width});
  const auto y = static_cast<std::int64_t>(rng.below(height - side + 1));
  const auto x = static_cast<std::int64_t>(rng.below(width - side + 1));
  auto pixels = to_pixels(photo.narrow(0, y, side).narrow(1, x, side));
  if (side != size)
    pixels = at::_upsample_bicubic2d_aa(pixels.unsqueeze(0), {size, size}, false)[0].clamp_(0, 1);
  PhotoCrop crop{turn(pixels, rng.below(8)), rng.uniform() < options.grey};
  if (crop.grey)
    crop.pixels = crop.pixels.mean(0, /*keepdim=*/true).expand({3, size, size}).contiguous();
  return crop;
}

torch::Tensor PhotoPool::held_out_crops(int size) const {
  std::vector<torch::Tensor> crops;
  for (const auto& photo : held_out_) {
    const std::int64_t height = photo.size(0), width = photo.size(1);
    if (height < size || width < size) continue;
    crops.push_back(
        to_pixels(photo.narrow(0, (height - size) / 2, size).narrow(1, (width - size) / 2, size)));
  }
  return crops.empty() ? torch::empty({0, 3, size, size}) : torch::stack(crops);
}

}  // namespace restore
