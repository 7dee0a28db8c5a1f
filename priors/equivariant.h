// A denoiser of a denoiser: its mean over the flips and quarter turns of the picture.
//
// Terris, Moreau, Pustelnik, Tachella 2024, "Equivariant plug-and-play image reconstruction",
//   https://arxiv.org/abs/2312.01831
//
//   D_G(x, sigma) = 1/8 sum over g of g^-1 D(g x, sigma),   g: the symmetries of the square.
// D_G commutes with every g, and its Jacobian is more nearly symmetric than that of D. Eight calls
// of D each.
#pragma once

#include "librestore/model/denoiser_wrapper.h"

namespace restore {

class Equivariant : public DenoiserWrapper {
 public:
  explicit Equivariant(std::shared_ptr<const Denoiser> inner) : DenoiserWrapper(std::move(inner)) {}

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  // On the grid, their sum, g x, and D of it.
  double bytes_per_pixel() const override {
    return inner()->bytes_per_pixel() + 4 * kBytesOfPicture;
  }
  std::string name() const override { return "equivariant:" + inner()->name(); }
  // Measured with the inner prior, not with this one.
  double deviation_scale(const std::string&) const override { return 1; }
};

}  // namespace restore
