// The largest singular value of a matrix that is only known by its products, and a lower bound for
// its condition number. Golub, Kahan 1965, "Calculating the singular values and pseudo-inverse of a
// matrix"; https://doi.org/10.1137/0702016 Paige, Saunders 1982, "LSQR: an algorithm for sparse
// linear equations and sparse least squares"; https://doi.org/10.1145/355984.355989 (the
// bidiagonalisation without reorthogonalisation)
//
// From a first v_1, in k steps,
//
//   A V_k = U_k B_k,   B_k upper bidiagonal,   U_k^T U_k = V_k^T V_k = I
//
// so the singular values of B_k are those of A on the span of V_k: no larger than the largest of A
// and, for v_1 in the range of A^T, no smaller than the smallest that is not 0. Four vectors are
// kept. What is lost of the orthogonality repeats singular values, and puts none outside of that
// range.
#pragma once

#include <torch/types.h>

#include "librestore/linalg/conjugate_gradients.h"

namespace restore {

struct LargestOptions {
  double tolerance = 1e-6;  // relative change in each of two steps at which they end
  int steps = 200;
};

// ||A|| from below. `x`: where to start from, N x C x H x W, float32 or float64, random; positive
// numbers are near the answer where A averages. 0 for A x = 0.
double largest_singular_value(const LinearMap& A, const LinearMap& At, const torch::Tensor& x,
                              const LargestOptions& options = {});

struct ConditionOptions {
  int steps = 60;  // each a product with A and one with A^T
  // The relative error of a product. It brings a little of the null space of A into V_k, and every
  // step multiplies what is there; where that could have grown to 1e-3 the steps end.
  double rounding = 1e-15;
};

struct ConditionBound {
  double at_least = 1;  // the largest singular value over the smallest that is not 0 is no less
  int steps = 0;        // taken; 0 where A^T y = 0
};

// `y`: where to start from, 1 x C x H x W, float64, random so that no singular vector is missing.
ConditionBound condition_bound(const LinearMap& A, const LinearMap& At, const torch::Tensor& y,
                               const ConditionOptions& options = {});

}  // namespace restore
