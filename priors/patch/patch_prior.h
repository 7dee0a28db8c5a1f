// Pictures made of the patches of other pictures, at every scale: a local score machine on a
// pyramid.
//
// Kamb, Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models",
//   https://arxiv.org/abs/2412.20292
//
// The window has to grow with the noise. Here it grows by reduction: averaged over f x f pixels the
// noise is sigma / f, and p pixels there are p f here. So
//   D(x, sigma) = up_f(D_f(down_f(x), sigma / f)),  f = 2^l the first with sigma / f <= kFineNoise,
// where D_f is the local score machine over the patches of the reduced pictures (all of them
// compared, priors/patch/local_score.h, or beyond `exact_patches` those of the nearest cells,
// priors/patch/patch_index.h), down_f the mean over f x f and up_f linear interpolation; p grows
// from 3 to 7 with sigma / f. No denoiser of a stated distribution over pictures: a patch knows
// nothing of its neighbours beyond the window.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/model/denoiser.h"
#include "priors/patch/patch_index.h"

namespace restore {

// A picture with the pixels that may be copied from.
struct PatchSource {
  torch::Tensor picture;  // 1 x C x H x W, C = 1 or 3, [0,1]
  torch::Tensor known;    // 1 x 1 x H x W, 0 where unknown; undefined: all known
};

class PatchPrior : public Denoiser {
 public:
  // Usage error where no source has a whole patch. A scale with more than `max_patches` is thinned
  // to every n-th of them: 600 bytes each in memory.
  PatchPrior(std::vector<PatchSource> sources, std::string name, std::int64_t max_patches = 1 << 19,
             std::int64_t exact_patches = 1 << 14);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return std::nullopt; }
  SigmaRange sigma_range() const override { return {1.0 / 255, 4}; }
  std::string name() const override { return name_; }

  // The patches that a call with this level compares, K x C x p x p, and the reduction f.
  torch::Tensor patches(double sigma, std::int64_t channels) const;
  static int reduction(double sigma);
  static int window(double sigma);

 private:
  std::vector<PatchSource> sources_;
  std::string name_;
  std::int64_t max_patches_, exact_patches_;
  // What a scale, a window and a number of channels need, found at the first call that does.
  struct Scale {
    torch::Tensor patches;                    // where all are compared
    std::shared_ptr<const PatchIndex> index;  // where they are too many
  };
  const Scale& scale(double sigma, std::int64_t channels) const;
  mutable std::mutex mutex_;
  mutable std::map<std::array<std::int64_t, 3>, Scale> scales_;
};

}  // namespace restore
