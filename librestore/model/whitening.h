// What makes white noise of any other: with C the covariance of the noise and W = sigma C^(-1/2),
//
//   W y = W A(x) + W n,   W n white with standard deviation sigma,
//
// is the same measurement as y = A(x) + n, for methods that know one sigma. W is symmetric: a
// diagonal matrix where values are independent, a circular convolution where their noise is
// stationary.
#pragma once

#include <torch/types.h>

namespace restore {

struct Whitening {
  double sigma = 0;      // of the white noise, [0,1] units
  torch::Tensor gain{};  // undefined: W = I; else W's diagonal, broadcastable to N x C x H x W ...
  bool stationary = false;  // ... or its spectrum, real and even, a half: H x (W/2 + 1)

  bool is_identity() const { return !gain.defined(); }
  // W r = W^T r, N x C x H x W.
  torch::Tensor operator()(const torch::Tensor& r) const;
};

}  // namespace restore
