// The level of white noise from the finest detail.
//
// Donoho, Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage",
// https://doi.org/10.1093/biomet/81.3.425
//
//   sigma = median |d| / 0.6745,   d the diagonal detail of an orthonormal wavelet
//                                  (Daubechies 1988, 4 vanishing moments)
//
// Detail holds texture too: the median of a textured picture is too high where its noise is low.
#pragma once

#include <torch/types.h>

namespace restore {

// x: N x C x H x W, sides of at least kSmallestForNoise; all channels together. Detail of clipped
// pixels (<= 0 or >= 1) is left out where there is other.
double wavelet_mad_sigma(const torch::Tensor& x);

}  // namespace restore
