// Attention over all pixels of a picture, one head's matrix at a time.
#pragma once

#include <torch/types.h>

namespace restore {

// Vaswani, Shazeer, Parmar et al. 2017, "Attention Is All You Need",
// https://arxiv.org/abs/1706.03762, equation 1, in every head:  softmax(q k^T / sqrt(d)) v. q, k,
// v: N x T x heads x d, in any layout; N x T x heads x d back. Matrices of rows x T are made and
// dropped for some rows of one head after the other, in the pullback again.
torch::Tensor attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v);

}  // namespace restore
