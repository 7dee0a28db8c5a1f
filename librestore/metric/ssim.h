// Structural similarity: Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from
// error visibility to structural similarity", https://doi.org/10.1109/TIP.2003.819861
#pragma once

#include <vector>

#include <torch/types.h>

namespace restore {

inline constexpr int kSsimWindow = 11;  // px

// Mean SSIM with the paper's 11x11 Gaussian window of 1.5 px, K1 = 0.01, K2 = 0.03, peak 1, over
// the pixels whose window lies inside the picture. 1 x C x H x W; one value a channel. Pictures
// with a side under 11 px throw an item error.
std::vector<double> ssim_per_channel(const torch::Tensor& reference, const torch::Tensor& image);
// Mean over channels.
double ssim(const torch::Tensor& reference, const torch::Tensor& image);

}  // namespace restore
