// A denoiser of a denoiser: the same D, computed in overlapping tiles, so that memory is bounded.
//
// Every tile reads its core and a halo of receptive_field() pixels; by law D3 of
// librestore/model/denoiser.h the result is that of the whole picture, to rounding. What is no
// larger than a tile with its halo is not cut, and a batch is evaluated in groups of as many
// pixels.
#pragma once

#include <memory>

#include "librestore/model/denoiser_wrapper.h"

namespace restore {

class TiledDenoiser : public DenoiserWrapper {
 public:
  // `core`: side of a tile without its halo, px >= 1. Usage error when the prior's receptive field
  // is unbounded: it cannot be tiled.
  TiledDenoiser(std::shared_ptr<const Denoiser> prior, std::int64_t core);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;

 private:
  std::int64_t core_;
};

// The same for a prior with a score. The pullback evaluates each tile again, so that no more than
// one tile's intermediate values are held at any time.
class TiledMmseDenoiser : public MmseWrapper {
 public:
  TiledMmseDenoiser(std::shared_ptr<const MmseDenoiser> prior, std::int64_t core);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override {
    return values_.denoise(x, sigma);
  }
  Linearization linearize(const torch::Tensor& x, double sigma) const override;

 private:
  TiledDenoiser values_;
  std::int64_t core_;
};

// One or the other, as the prior is.
std::shared_ptr<const Denoiser> tiled(const std::shared_ptr<const Denoiser>& prior,
                                      std::int64_t core);

}  // namespace restore
