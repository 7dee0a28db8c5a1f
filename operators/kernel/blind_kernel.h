// The kernel that blurred a picture, from the picture alone.
//
// Xu, Zheng, Jia 2013, "Unnatural L0 sparse representation for natural image deblurring",
// https://doi.org/10.1109/CVPR.2013.147: edges are few. From coarse to fine, in turn
//
//   x <- argmin ||k * x - y||^2 + lambda ||grad x||_0,
//   k <- argmin ||k * grad x - grad y||^2 + gamma ||k||^2,   k >= 0, sum k = 1.
//
// x is no restoration: it keeps the strong edges alone, which tell the kernel. Its problem is
// solved by half quadratic splitting as in Xu, Lu, Xu, Jia 2011, "Image smoothing via L0 gradient
// minimization", https://doi.org/10.1145/2024156.2024208. Five rounds a scale, scales half an
// octave apart and a lambda that falls from 4e-3 are those of Pan, Hu, Su, Yang 2014, "Deblurring
// text images via L0-regularized intensity and gradient prior",
// https://doi.org/10.1109/CVPR.2014.371. Theirs falls to 1e-4 and their gamma is 2: with noise of
// 0.01 that takes noise for edges. 2e-3 and 30, and 0.15 of a kernel's largest value as its least,
// were chosen on five training photographs blurred by five of Levin's eight kernels.
#pragma once

#include <torch/types.h>

namespace restore {

constexpr std::int64_t kLeastBlindSize = 3, kMostBlindSize = 101;  // px

// `picture`: 1 x C x H x W, float32, values about [0,1]; `size`: the side of the kernel, odd, of
// those above; it has to hold the blur. Returns a kernel of kernels.h, size x size, its centroid in
// the middle. Of a large picture the window of at most kBlindWindow to a side with the strongest
// edges is looked at. Item error when the picture is less than twice the kernel to a side, or has
// fewer strong edges across rows or across columns than the kernel is long.
torch::Tensor estimate_kernel(const torch::Tensor& picture, std::int64_t size);
constexpr std::int64_t kBlindWindow = 512;  // px

// The two steps, for tests. x, y: H x W; boundaries are circular. `where`: weights of the
// gradients, H x W, or none.
torch::Tensor sparse_edges(const torch::Tensor& y, const torch::Tensor& kernel, double lambda);
torch::Tensor fit_kernel(const torch::Tensor& x, const torch::Tensor& y, std::int64_t size,
                         double gamma, const torch::Tensor& where = {});

}  // namespace restore
