// The third rung: A = U diag(s) V^T is at hand, as functions. DDRM, DDNM+ and SNIPS ask for it.
//
// V is orthogonal on the whole input space, U has orthonormal columns; the spectrum is laid out as
// a tensor of `input_shape` (N x C x H x W coefficients) with s >= 0, s = 0 where nothing is
// measured.
//
// Laws, besides L1-L4:
//   S1  A x = U(s * Vt(x)) and A^T y = V(s * Ut(y)).
//   S2  V^T V = V V^T = I; U^T U = I on the coefficients with s > 0.
//   S3  s agrees with a dense SVD at small sizes.
#pragma once

#include "librestore/model/linear_operator.h"

namespace restore {

class SpectralOperator : public LinearOperator {
 public:
  virtual torch::Tensor V(const torch::Tensor& coefficients) const = 0;
  virtual torch::Tensor Vt(const torch::Tensor& x) const = 0;
  virtual torch::Tensor U(const torch::Tensor& coefficients) const = 0;
  virtual torch::Tensor Ut(const torch::Tensor& y) const = 0;
  // 1 x C x H x W, float64.
  virtual torch::Tensor singular_values() const = 0;

  double norm() const override;

 protected:
  using LinearOperator::LinearOperator;

  // Closed forms in the spectrum: A^+ y = V(s^+ U^T y), prox = V((s U^T y + rho V^T v)/(s^2 +
  // rho)).
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;
};

inline bool is_spectral(const Operator& A) {
  return dynamic_cast<const SpectralOperator*>(&A) != nullptr;
}

}  // namespace restore
