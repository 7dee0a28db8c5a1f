// The Walsh-Hadamard transform, orthonormal, of rows of any length n: n is the sum of different
// powers of two, the largest first, and a piece of 2^k numbers is multiplied by H_2k = 2^(-k/2) [1
// 1; 1 -1]^(x k). Symmetric and its own inverse. At n a power of two it is the ordinary transform
// in natural order. Fino, Algazi 1976, "Unified matrix treatment of the fast Walsh-Hadamard
// transform"; https://doi.org/10.1109/TC.1976.1674569
#pragma once

#include <torch/types.h>

namespace restore {

// In place: x is contiguous, rows x n, float32 or float64.
void hadamard_rows(torch::Tensor& x);

}  // namespace restore
