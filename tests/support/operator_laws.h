// The laws of librestore/model/operator.h, linear_operator.h and spectral_operator.h, as checks on
// one operator in float64. Each draws its own random pictures from a fixed seed and reports through
// Boost.Test.
//
// Relative errors are norms of differences over norms. What is exact but for rounding must agree to
// 1e-10; the dense checks (norm, singular values) are made where the scene has at most
// `kLargestDense` numbers.
#pragma once

#include "librestore/model/spectral_operator.h"

namespace restore::testing {

inline constexpr std::int64_t kLargestDense = 400;

// The matrix of A, (output numbers) x (input numbers), float64, column by column.
torch::Tensor dense_matrix(const LinearOperator& A);

void check_shape_law(const Operator& A);          // O1
void check_batch_law(const Operator& A);          // O2
void check_vjp_law(const Operator& A);            // O3
void check_descent_law(const Operator& A);        // O4, and norm() against a dense Jacobian
void check_adjoint_law(const LinearOperator& A);  // L1
// CG stops at a relative residual of 1e-12 of the normal equations, which leaves up to the squared
// condition number times that in A^+: the bound is 1e-10 or 10 cond(A)^2 1e-12, whichever is
// larger.
void check_penrose_laws(const LinearOperator& A);  // L2
// Optimality, and agreement with CG on A^T A + rho I.
void check_prox_law(const LinearOperator& A);  // L3
// Against the dense matrix, to 1e-3: a norm that is found in steps ends when it hardly moves.
void check_norm_law(const LinearOperator& A);           // L4
void check_spectral_form(const SpectralOperator& A);    // S1
void check_orthogonality(const SpectralOperator& A);    // S2
void check_singular_values(const SpectralOperator& A);  // S3

// float32 gives the answers of float64 to float32's rounding: 1e-4 for prox by CG, else 1e-5.
void check_single_precision(const LinearOperator& A);
// initial_estimate has the scene's shape and is finite; scene_window lies inside the scene.
void check_estimate_and_window(const Operator& A);

// All that the operator's rung has.
void check_operator_laws(const Operator& A);

}  // namespace restore::testing
