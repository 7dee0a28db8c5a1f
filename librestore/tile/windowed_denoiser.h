// A denoiser of a denoiser that was trained on pictures of one size and attends to all of them:
// larger pictures are denoised in overlapping windows of that size, and the estimates are blended.
//
// After Bar-Tal, Yariv, Lipman, Dekel 2023, "MultiDiffusion: Fusing Diffusion Paths for Controlled
// Image Generation", https://arxiv.org/abs/2302.08113, equation 5, with weights that fall to a
// window's rim:
//   D(x, sigma) = sum_w m_w D(x_w, sigma) / sum_w m_w.
// No window sees beyond itself, so this is not the D of a network trained on larger pictures.
#pragma once

#include <memory>

#include "librestore/model/denoiser_wrapper.h"
#include "librestore/model/shape.h"

namespace restore {

class WindowedDenoiser : public MmseWrapper {
 public:
  // `size`: side of the windows, px >= 4. Neighbours share a quarter of it at least.
  WindowedDenoiser(std::shared_ptr<const MmseDenoiser> inner, std::int64_t size);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  // The pullback computes every window again, so that memory holds one window's network.
  Linearization linearize(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return std::nullopt; }
  std::string remark(std::int64_t height, std::int64_t width) const override;

 private:
  std::int64_t size_;
};

// Cover height x width; a side that is not longer than `size` has one window.
std::vector<Window> plan_windows(std::int64_t height, std::int64_t width, std::int64_t size);

}  // namespace restore
