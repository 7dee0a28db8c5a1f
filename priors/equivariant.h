// A denoiser of a denoiser: its mean over the flips and quarter turns of the picture.
//
// Terris, Moreau, Pustelnik, Tachella 2024, "Equivariant plug-and-play image reconstruction",
//   https://arxiv.org/abs/2312.01831
//
//   D_G(x, sigma) = 1/8 sum over g of g^-1 D(g x, sigma),   g: the symmetries of the square.
// D_G commutes with every g, and its Jacobian is more nearly symmetric than that of D. Eight calls of
// D each.
#pragma once

#include "librestore/model/denoiser.h"

namespace restore {

class Equivariant : public Denoiser {
 public:
  explicit Equivariant(std::shared_ptr<const Denoiser> inner) : inner_(std::move(inner)) {}

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return inner_->receptive_field(); }
  int alignment() const override { return inner_->alignment(); }
  SigmaRange sigma_range() const override { return inner_->sigma_range(); }
  std::string name() const override { return "equivariant:" + inner_->name(); }
  std::string remark(std::int64_t height, std::int64_t width) const override {
    return inner_->remark(height, width);
  }

 private:
  std::shared_ptr<const Denoiser> inner_;
};

}  // namespace restore
