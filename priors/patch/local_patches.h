// The local score machine of pictures that are aligned: each pixel from the same place of the
// others.
//
// Kamb, Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models",
//   https://arxiv.org/abs/2412.20292 (equation 6, the LS machine)
//
//   D_f(x, s)[q] = sum_i w_i(q) x_i[q],   w_i(q) = softmax_i(-||x[W(q)] - x_i[W(q)]||^2 / (2 s^2))
// W(q): the p x p window around q, what the frame leaves of it. Between priors/patch/empirical.h,
// whose window is the whole picture, and priors/patch/local_score.h, whose patches come from all
// positions: it puts the left eye of one face beside the nose of another. Window and pyramid grow
// with the noise as those of priors/patch/patch_prior.h do. Exact for any number of pictures: the
// cost is theirs, p plays no part.
#pragma once

#include <string>

#include <torch/types.h>

#include "librestore/model/denoiser.h"

namespace restore {

class LocalPatches : public Denoiser {
 public:
  // pictures: n x C x H x W, [0,1], n >= 1.
  explicit LocalPatches(torch::Tensor pictures, std::string name = "local");

  // x must have the C x H x W of the pictures (usage error).
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return std::nullopt; }
  SigmaRange sigma_range() const override { return {1.0 / 255, 4}; }
  std::string name() const override { return name_; }

 private:
  torch::Tensor pictures_;
  std::string name_;
};

// D_f itself, s > 0. x: N x C x H x W; pictures: n x C x H x W of the same type; p odd.
torch::Tensor local_mmse_in_place(const torch::Tensor& x, double s, const torch::Tensor& pictures,
                                  int p);

}  // namespace restore
