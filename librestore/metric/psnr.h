// Peak signal-to-noise ratio.
#pragma once

#include <vector>

#include <torch/types.h>

namespace restore {

// 10 log10(1 / MSE) in dB over all channels of two 1 x C x H x W pictures with peak 1; infinity
// when equal. Values are taken as they are: clamp estimates to [0,1] first where the protocol says
// so.
double psnr(const torch::Tensor& reference, const torch::Tensor& image);
// One value a channel.
std::vector<double> psnr_per_channel(const torch::Tensor& reference, const torch::Tensor& image);

}  // namespace restore
