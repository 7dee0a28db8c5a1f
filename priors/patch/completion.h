// Holes filled by the patches of the picture's own known part, coarse to fine: `--prior self`.
//
// Wexler, Shechtman, Irani 2007, "Space-time completion of video",
//   https://doi.org/10.1109/TPAMI.2007.60
// Newson, Almansa, Gousseau, Perez 2017, "Non-local patch-based image inpainting",
//   https://doi.org/10.5201/ipol.2017.189
//
//   D(x, sigma)[q] = sum_W w_W P_W[q] / sum_W w_W,
//   w_W = 1.3^-d_W exp(-||x[W] - P_W||^2 / (2 s^2 n))
// for a pixel q of a hole; W: the 7 x 7 windows that hold q; P_W: the known window nearest to x[W];
// n: the values of a window; d_W: the steps from the middle of W to the next known pixel, so that
// what is known decides and what is guessed follows. The noise chooses the scale: x is averaged
// over f x f pixels, f = 2^l the first with sigma / f <= 0.2, and s = sigma / f. Known pixels come
// back as they are.
//
// Methods call with a sigma that falls. A run's first call fills the holes from their borders
// inwards, whatever x holds there; a call at a finer scale than the last takes over its matches.
// Windows are compared by all pairs where that is quick, else by PatchMatch.
#pragma once

#include <memory>

#include <torch/types.h>

#include "librestore/model/denoiser.h"

namespace restore {

class PatchCompletion : public Denoiser {
 public:
  // known: 1 x 1 x H x W bool. Item error where no 7 x 7 pixels are known in one piece.
  explicit PatchCompletion(torch::Tensor known);

  // x: 1 x C x H x W of the mask's size.
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::unique_ptr<DenoiserSession> session() const override;
  std::optional<int> receptive_field() const override { return std::nullopt; }
  SigmaRange sigma_range() const override { return {1.0 / 255, 4}; }
  std::string name() const override { return "self"; }

 private:
  torch::Tensor known_;
};

}  // namespace restore
