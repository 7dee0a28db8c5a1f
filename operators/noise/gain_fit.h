// Gain and read noise of a camera from one picture: variance against grey.
//
// The model and the idea of a straight line: Foi, Trimeche, Katkovnik, Egiazarian 2008, "Practical
// Poissonian-Gaussian noise modeling and fitting for single-image raw-data",
// https://doi.org/10.1109/TIP.2008.2001399. The points of the line come from patches of like grey,
// whose noise has the least eigenvalues of their covariance (operators/noise/patch_covariance.h):
//
//   v_k = gain m_k + read^2   for the mean grey m_k and the noise variance v_k of group k,
//
// fitted by least squares of relative errors; what lies far above the line is texture and counts
// less. Eigenvalues tell noise that is white; channels of different grey have different noise. So
// the picture is stabilised by the fit so far,
//   f(y) = 2 / gain sqrt(gain y + 3/8 gain^2 + read^2)   (Murtagh, Starck, Bijaoui 1995,
//                                                         generalised Anscombe transform),
// which has noise of variance 1 if the fit is right, v_k is (gain m_k + read^2) times what is
// found, and the line is fitted again.
#pragma once

#include <torch/types.h>

namespace restore {

struct GainFit {
  double gain = 0, read = 0;  // 0 or more; [0,1] units
};

// x: N x C x H x W, sides of at least kSmallestForNoise. Gain and read noise are those of all
// channels.
GainFit fit_gain(const torch::Tensor& x);

// The line through (grey, variance), float64, of one dimension.
GainFit fit_line(const torch::Tensor& grey, const torch::Tensor& variance);

}  // namespace restore
