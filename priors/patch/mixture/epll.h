// Expected patch log-likelihood: every patch of the picture is made likely under a Gaussian
// mixture.
//
// Zoran, Weiss 2011, "From learning models of natural image patches to whole image restoration",
//   https://doi.org/10.1109/ICCV.2011.6126278
//
//   minimise 1/(2 sigma^2) ||x - y||^2 / 64 - sum over all patches P of log p(P x)
// by half-quadratic splitting. For b = 1, 4, 8, 16, 32, with x = y at first:
//   z_P = C_k (C_k + sigma^2 / b I)^-1 P x,  k the likeliest for P x in noise sigma / sqrt(b)
//   x   = (y + b z) / (1 + b),               z the mean over the patches that cover a pixel
// Patches keep their mean. A picture of three channels is denoised channel by channel in opponent
// colours: its brightness (R + G + B) / 3, of the range that the mixture knows and with noise
// sigma / sqrt(3), and two differences of colour. No MMSE denoiser: it takes the likeliest
// component.
#pragma once

#include <filesystem>
#include <memory>

#include "librestore/model/denoiser.h"
#include "priors/patch/mixture/patch_mixture.h"

namespace restore {

class Epll : public Denoiser {
 public:
  explicit Epll(const PatchMixture& mixture, std::string name = "gmm");

  // Computed in float32. Pictures less than 8 pixels wide or high are widened by their last pixels.
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  // Five sweeps of patches, each 7 pixels further.
  std::optional<int> receptive_field() const override { return 35; }
  std::string name() const override { return name_; }

 private:
  MixtureSpectra spectra_;
  std::string name_;
};

// z of one sweep: the mean over all patches that cover a pixel, each shrunk by its likeliest
// component. x: H x W, float32, at least 8 x 8.
torch::Tensor patch_estimate(const NoisyMixture& mixture, const torch::Tensor& x);

}  // namespace restore
