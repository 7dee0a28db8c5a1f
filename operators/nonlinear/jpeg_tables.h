// What JPEG prescribes or suggests as numbers: quantisation tables and the transform.
// ITU-T T.81 (1992), annexes A and K, https://www.w3.org/Graphics/JPEG/itu-t81.pdf; the colour
// transform is JFIF's (ITU-T T.871).
#pragma once

#include <torch/types.h>

namespace restore {

// The steps of luma (K.1) or chroma (K.2) at a quality of 1 to 100, 8 x 8, float64, in units of
// 1/255: the tables times 50 / quality below 50 and 2 - quality / 50 from there on, rounded, 1 to
// 255 (what libjpeg's jpeg_set_quality does).
torch::Tensor jpeg_steps(int quality, bool chroma);

// c(k, i) = a_k cos(pi k (2i+1) / 16), a_0 = 1/sqrt(8), else 1/2: orthogonal, 8 x 8, float64.
torch::Tensor jpeg_cosines();

// (Y, Cb, Cr) = M (R, G, B), chroma around 0; 3 x 3, float64.
torch::Tensor jpeg_colour_matrix();

}  // namespace restore
