// A denoiser of a denoiser: the same D, computed in overlapping tiles, so that memory is bounded.
//
// Every tile reads its core and a halo of receptive_field() pixels; by law D3 of
// librestore/model/denoiser.h the result is that of the whole picture, to rounding.
#pragma once

#include <memory>

#include "librestore/model/denoiser.h"

namespace restore {

class TiledDenoiser : public Denoiser {
 public:
  // `core`: side of a tile without its halo, px >= 1. Usage error when the prior's receptive field is
  // unbounded: it cannot be tiled.
  TiledDenoiser(std::shared_ptr<const Denoiser> prior, std::int64_t core);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return prior_->receptive_field(); }
  int alignment() const override { return prior_->alignment(); }
  SigmaRange sigma_range() const override { return prior_->sigma_range(); }
  std::string name() const override { return prior_->name(); }

 private:
  std::shared_ptr<const Denoiser> prior_;
  std::int64_t core_;
};

}  // namespace restore
