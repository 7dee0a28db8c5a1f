// BM3D: patches that look alike are put in a stack and its transform is shrunk, twice.
//
// Dabov, Foi, Katkovnik, Egiazarian 2007, "Image denoising by sparse 3-D transform-domain
//   collaborative filtering", https://doi.org/10.1109/TIP.2007.901238
// Colour: the same authors 2007, "Color image denoising via sparse 3D collaborative filtering with
//   grouping constraint in luminance-chrominance space", https://doi.org/10.1109/ICIP.2007.4378954
// Parameters: Lebrun 2012, "An analysis and implementation of the BM3D image denoising method",
//   https://doi.org/10.5201/ipol.2012.l-bm3d, but for its Walsh-Hadamard transform along the stack:
//   the paper's Haar is 0.05 dB better.
//
// For the 8 x 8 patch P at every third pixel the most similar patches Q of the 39 x 39 positions
// around it, at most 2^k of them with mean (P - Q)^2 <= tau in brightness, are stacked and
// transformed by T (in the patch the biorthogonal 1.5 wavelet in step 1, whose rows of norm 1 are
// nearly orthogonal, and cosines in step 2; Haar along the stack, whose patches are in the order of
// their distance; each channel alone):
//   step 1, 16 patches of x:            c = T x where |T x| > 2.7 sigma, else 0
//   step 2, 32 patches alike in step 1's result b:
//                                       c = w T x,  w = (T b)^2 / ((T b)^2 + sigma^2)
// and all T^-1 c are averaged with the weights 1 / (number of kept c) and 1 / ||w||^2 times a
// Kaiser window. Three channels are turned into brightness and two differences of colour first.
// Computed in float32; the picture is mirrored at its frame.
#pragma once

#include "librestore/model/denoiser.h"

namespace restore {

class Bm3d : public Denoiser {
 public:
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override;
  int alignment() const override { return 3; }  // where patches are taken
  std::string name() const override { return "bm3d"; }
};

}  // namespace restore
