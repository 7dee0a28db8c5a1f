// Kamb, Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models",
// https://arxiv.org/abs/2412.20292
#include "priors/patch/patch_prior.h"

#include <cmath>

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "priors/patch/local_score.h"
#include "priors/patch/scale.h"

namespace restore {
namespace {

constexpr int kLargestWindow = 7;

// Grey is the mean of the channels; a grey picture in colour has three equal ones.
torch::Tensor with_channels(const torch::Tensor& picture, std::int64_t channels) {
  if (picture.size(1) == channels) return picture;
  const auto grey = picture.mean(1, true);
  return grey.expand({-1, channels, -1, -1});
}

PatchSource reduced(const PatchSource& source, int f, std::int64_t channels) {
  const auto picture = reduce(with_channels(source.picture, channels), f);
  if (!source.known.defined()) return {picture, {}};
  // A reduced pixel is known when all of its pixels are.
  return {picture, (reduce(source.known, f) > 1 - 0.5 / (f * f)).to(picture.scalar_type())};
}

torch::Tensor thinned(const torch::Tensor& patches, std::int64_t most) {
  const auto stride = (patches.size(0) + most - 1) / most;
  return stride <= 1 ? patches : patches.slice(0, 0, patches.size(0), stride);
}

}  // namespace

int PatchPrior::reduction(double sigma) { return reduction_for(sigma); }

int PatchPrior::window(double sigma) {
  const double level = sigma / reduction(sigma);
  return level < 0.01 ? 3 : level < 0.03 ? 5 : kLargestWindow;
}

PatchPrior::PatchPrior(std::vector<PatchSource> sources, std::string name, std::int64_t max_patches,
                       std::int64_t exact_patches)
    : sources_(std::move(sources)),
      name_(std::move(name)),
      max_patches_(max_patches),
      exact_patches_(exact_patches) {
  for (const auto& source : sources_) {
    const bool fits = std::min(source.picture.size(2), source.picture.size(3)) >= kLargestWindow;
    if (fits && patches_of(source.picture, source.known, kLargestWindow).size(0) > 0) return;
  }
  throw usage_error("prior '{}': no {} x {} pixels in one piece that are known", name_,
                    kLargestWindow, kLargestWindow);
}

torch::Tensor PatchPrior::patches(double sigma, std::int64_t channels) const {
  const int p = window(sigma);
  // Where reduced pictures have no whole patch left, those of the next finer scale are the best
  // guess.
  for (int f = reduction(sigma);; f /= 2) {
    std::vector<torch::Tensor> found;
    for (const auto& source : sources_) {
      const auto small = reduced(source, f, channels);
      if (std::min(small.picture.size(2), small.picture.size(3)) < p) continue;
      auto patches = patches_of(small.picture, small.known, p);
      if (patches.size(0) > 0) found.push_back(std::move(patches));
    }
    if (!found.empty()) return thinned(torch::cat(found), max_patches_);
  }
}

const PatchPrior::Scale& PatchPrior::scale(double sigma, std::int64_t channels) const {
  const std::scoped_lock lock(mutex_);
  auto& found = scales_[{reduction(sigma), window(sigma), channels}];
  if (found.patches.defined() || found.index) return found;
  auto all = patches(sigma, channels);
  if (all.size(0) > exact_patches_)
    found.index = std::make_shared<const PatchIndex>(all);
  else
    found.patches = std::move(all);
  return found;
}

torch::Tensor PatchPrior::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x;
  const int f = reduction(sigma);
  const auto& [all, index] = scale(sigma, x.size(1));
  const auto small = reduce(x, f);
  const auto D = index ? index->mmse(small.to(torch::kFloat32), sigma / f).to(x.scalar_type())
                       : local_mmse(small, sigma / f, all.to(x.options()));
  return enlarge(D, f, x.size(2), x.size(3));
}

}  // namespace restore
