// A dense matrix with its singular value decomposition, on pictures of one row.
#pragma once

#include <tuple>

#include <torch/types.h>

#include "librestore/model/spectral_operator.h"

namespace restore::testing {

// A = U diag(s) V^T, M x N with M <= N: N coefficients, the first M of them measured. V is kept as
// M Householder reflections, so that its products cost M N.
class SvdOperator : public SpectralOperator {
 public:
  explicit SvdOperator(const torch::Tensor& matrix)
      : SpectralOperator({1, 1, matrix.size(1)}, {1, 1, matrix.size(0)}),
        matrix_(matrix.to(torch::kFloat64)) {
    const auto [u, s, vt] = torch::linalg_svd(matrix_, /*full_matrices=*/false);
    std::tie(reflections_, tau_) = torch::geqrf(vt.t());
    // The triangular factor of orthonormal columns is diagonal, +-1: that sign goes to U.
    u_ = u * reflections_.diag().sign();
    s_ = torch::constant_pad_nd(s, {0, matrix.size(1) - matrix.size(0)}).view({1, 1, 1, -1});
  }

  torch::Tensor V(const torch::Tensor& c) const override { return reflect(c, true); }
  torch::Tensor Vt(const torch::Tensor& x) const override { return reflect(x, false); }
  torch::Tensor U(const torch::Tensor& c) const override {
    return product(c.narrow(3, 0, u_.size(0)), u_.t());
  }
  torch::Tensor Ut(const torch::Tensor& y) const override {
    return torch::constant_pad_nd(product(y, u_), {0, matrix_.size(1) - matrix_.size(0)});
  }
  torch::Tensor singular_values() const override { return s_; }
  // Bounded however small the entries of A: a start for samplers.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override { return adjoint(y); }
  // M x N, float64.
  const torch::Tensor& matrix() const { return matrix_; }

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return product(x, matrix_.t()); }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return product(y, matrix_); }

 private:
  static torch::Tensor product(const torch::Tensor& rows, const torch::Tensor& right) {
    return torch::matmul(rows, right.to(rows.scalar_type()));
  }
  // Rows times Q or Q^T.
  torch::Tensor reflect(const torch::Tensor& rows, bool transpose) const {
    const auto type = rows.scalar_type();
    return torch::ormqr(reflections_.to(type), tau_.to(type), rows.reshape({-1, rows.size(3)}),
                        /*left=*/false, transpose)
        .view(rows.sizes());
  }

  torch::Tensor matrix_, u_, s_, reflections_, tau_;
};

}  // namespace restore::testing
