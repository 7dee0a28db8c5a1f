// Dense matrices along the axes of a picture. oneDNN multiplies float32 with what the processor
// has; which BLAS libtorch finds is not known.
#pragma once

#include <torch/types.h>

namespace restore {

// M = U diag(s) V^T with square U and V, s descending; float64.
struct FullSvd {
  torch::Tensor U, s, V;
};
FullSvd full_svd(const torch::Tensor& M);

// P x Q^T on every plane: N x C x H x W -> N x C x P.rows x Q.rows. P, Q float64, computed in the
// type of x.
torch::Tensor multiply_axes(const torch::Tensor& P, const torch::Tensor& x, const torch::Tensor& Q);

}  // namespace restore
