#include <algorithm>
#include <cmath>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/core/rng.h"
#include "librestore/image/image_io.h"
#include "priors/patch/mixture/mixture_fit.h"
#include "priors/patch/picture_folder.h"
#include "priors/patch/scale.h"

namespace restore {
namespace {

constexpr int kLongSide = 640;  // of the pictures that patches are taken from
constexpr int kPlace = 24;      // side of the place where a component begins

// H x W of about kLongSide.
torch::Tensor grey_of(const torch::Tensor& colour) {
  // Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601)
  const auto grey = colour.size(1) == 3
                        ? 0.299 * colour.narrow(1, 0, 1) + 0.587 * colour.narrow(1, 1, 1) +
                              0.114 * colour.narrow(1, 2, 1)
                        : colour;
  const double longest = static_cast<double>(std::max(colour.size(2), colour.size(3)));
  const int f = std::max(1, static_cast<int>(std::lround(longest / kLongSide)));
  return reduce(grey, f)[0][0].contiguous();
}

// N x 64 without their means, from all positions of an H x W picture.
torch::Tensor all_patches(const torch::Tensor& picture) {
  const auto patches =
      picture.unfold(0, kPatchSide, 1).unfold(1, kPatchSide, 1).reshape({-1, kPatchValues});
  return patches - patches.mean(1, true);
}

// Their second moments, 64 x 64.
torch::Tensor moments(const torch::Tensor& patches) {
  const auto z = patches.to(torch::kFloat64);
  return torch::einsum("ni,nj->ij", {z, z}) / z.size(0);
}

}  // namespace

PatchSample sample_patches(const std::filesystem::path& folder, const MixtureFitOptions& options) {
  const auto paths = picture_paths(folder, ExitCode::no_input);
  const auto n = static_cast<std::int64_t>(paths.size());
  Rng rng(options.seed);
  std::vector<torch::Tensor> patches, starts;
  for (std::int64_t i = 0; i < n; ++i) {
    throw_if_interrupted();
    const auto picture = grey_of(load_image(paths[i]).colour);
    if (std::min(picture.size(0), picture.size(1)) < kPlace) continue;
    const auto all = all_patches(picture);
    const auto share = options.patches * (i + 1) / n - options.patches * i / n;
    std::vector<std::int64_t> places(share);
    for (auto& place : places) place = static_cast<std::int64_t>(rng.below(all.size(0)));
    patches.push_back(all.index_select(0, torch::tensor(places, torch::kInt64)));
    const auto wanted = options.components * (i + 1) / n - options.components * i / n;
    for (std::int64_t k = 0; k < wanted; ++k) {
      const auto top = static_cast<std::int64_t>(rng.below(picture.size(0) - kPlace + 1));
      const auto left = static_cast<std::int64_t>(rng.below(picture.size(1) - kPlace + 1));
      starts.push_back(
          moments(all_patches(picture.narrow(0, top, kPlace).narrow(1, left, kPlace))));
    }
  }
  if (patches.empty() || starts.empty())
    throw Error(ExitCode::no_input, fmt::format("{}: no picture of {} pixels or more each way",
                                                folder.string(), kPlace));
  return {torch::cat(patches), torch::stack(starts), static_cast<int>(patches.size())};
}

}  // namespace restore
