// Wavelet shrinkage with cycle spinning: coefficients below the noise are none.
//
// Coifman, Donoho 1995, "Translation-invariant de-noising",
//   https://doi.org/10.1007/978-1-4612-2544-7_9
// Wavelets: Daubechies 1988, "Orthonormal bases of compactly supported wavelets", 4 taps,
//   https://doi.org/10.1002/cpa.3160410705
//
//   D(x, sigma) = mean over shifts h of S_-h W^T H_t(W S_h x),   t = 2.7 strength sigma,
// W an orthonormal wavelet transform of 4 levels, H_t(d) = d where |d| > t, else 0, on the details.
// The mean over all shifts is the undecimated transform, d_j with filters dilated by 2^j, and its
// adjoint divided by 4 a level. Three channels are turned into brightness and two differences of
// colour first (an orthonormal map: noise stays white). The picture is mirrored at its frame.
#pragma once

#include "librestore/core/parameters.h"
#include "librestore/model/denoiser.h"

namespace restore {

struct WaveletOptions {
  double strength = 1;  // scales the threshold; 1 is the best PSNR on photographs
};

class Wavelet : public Denoiser {
 public:
  explicit Wavelet(const WaveletOptions& options = {}) : options_(options) {}
  static const Parameters<WaveletOptions>& parameters();

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override;
  std::string name() const override;

 private:
  WaveletOptions options_;
};

}  // namespace restore
