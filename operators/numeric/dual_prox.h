// The prox of 1/2 ||A x - y||^2, solved in the measurement's space: with A A^T at hand,
//
//   x = v + A^T w,   (A A^T + rho I) w = y - A v,
//
// satisfies A^T(A x - y) + rho (x - v) = 0. The system is never larger than the measurement, has no
// null space to fight, and its right-hand side is the misfit, so a stop relative to it is relative
// to what the prox has to change.
#pragma once

#include <torch/types.h>

#include "librestore/linalg/conjugate_gradients.h"

namespace restore {

struct DualProblem {
  LinearMap apply, adjoint;  // A, A^T
  LinearMap gram;            // A A^T
  LinearMap preconditioner;  // an approximation of (A A^T + rho I)^-1
};

// By CG, to 1e-5 of the misfit in float32 (the error it leaves in x is at most that part of the
// misfit over 2 sqrt(rho), far under a grey level) and 1e-12 in float64.
torch::Tensor dual_prox(const DualProblem& problem, const torch::Tensor& v, const torch::Tensor& y,
                        double rho);

// (A A^T + rho I)^-1 for an A A^T that is Toeplitz up to its edges, by the inverse of its
// generating function: P r = crop F^-1 [ F(pad r) / (power + rho) ]. `power` is the half spectrum
// of A A^T, real, on a grid of height x width no smaller than r. Chan, Ng 1993, "Toeplitz
// preconditioners for Hermitian Toeplitz systems"; https://doi.org/10.1016/0024-3795(93)90125-Y
LinearMap toeplitz_preconditioner(const torch::Tensor& power, std::int64_t height,
                                  std::int64_t width, double rho);

}  // namespace restore
