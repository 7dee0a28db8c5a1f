// The second rung: A is a matrix, given as two products.
//
// Laws, besides O1-O3:
//   L1  <A x, y> = <x, A^T y>.
//   L2  Penrose: A A^+ A = A and A^+ A A^+ = A^+; A A^+ and A^+ A are symmetric.
//   L3  prox optimality: A^T(A p - y) + rho (p - v) = 0 for p = prox(v, y, rho).
//   L4  norm() is the largest singular value, never below it by more than `norm_tolerance`.
#pragma once

#include <mutex>

#include "librestore/linalg/conjugate_gradients.h"
#include "librestore/model/operator.h"

namespace restore {

class LinearOperator : public Operator {
 public:
  // A^T y: N x output_shape -> N x input_shape.
  torch::Tensor adjoint(const torch::Tensor& y) const;

  // A^+ y, the least-squares solution of smallest norm. By default CG on A^T A.
  torch::Tensor pseudo_inverse(const torch::Tensor& y) const;

  // ||A||, the largest singular value. By default by bidiagonalisation, once.
  double norm() const override;

  // A^T y / A^T 1 where that is defined: right for averaging operators; others override.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;

 protected:
  using Operator::Operator;

  virtual torch::Tensor do_adjoint(const torch::Tensor& y) const = 0;
  virtual torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const;
  // By default CG on A^T A + rho I, started at v.
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;
  // An approximation of (A^T A + rho I)^-1 for the default prox; none by default.
  virtual LinearMap prox_preconditioner(double rho) const;

 private:
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const final;

  mutable std::once_flag norm_once_;
  mutable double norm_ = 0;
};

}  // namespace restore
