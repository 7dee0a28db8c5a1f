// A dense matrix with its singular value decomposition, on pictures of one row.
#pragma once

#include <torch/types.h>

#include "librestore/model/spectral_operator.h"

namespace restore::testing {

// A = U diag(s) V^T, M x N with M <= N: N coefficients, the first M of them measured.
class SvdOperator : public SpectralOperator {
 public:
  explicit SvdOperator(const torch::Tensor& matrix)
      : SpectralOperator({1, 1, matrix.size(1)}, {1, 1, matrix.size(0)}),
        matrix_(matrix.to(torch::kFloat64)) {
    const auto [u, s, vt] = torch::linalg_svd(matrix_, /*full_matrices=*/true);
    u_ = u;
    vt_ = vt;
    s_ = torch::zeros({1, 1, 1, matrix.size(1)}, torch::kFloat64);
    s_.narrow(3, 0, matrix.size(0)).copy_(s);
  }

  torch::Tensor V(const torch::Tensor& c) const override { return product(c, vt_); }
  torch::Tensor Vt(const torch::Tensor& x) const override { return product(x, vt_.t()); }
  torch::Tensor U(const torch::Tensor& c) const override {
    return product(c.narrow(3, 0, u_.size(0)), u_.t());
  }
  torch::Tensor Ut(const torch::Tensor& y) const override {
    return torch::constant_pad_nd(product(y, u_), {0, vt_.size(0) - u_.size(0)});
  }
  torch::Tensor singular_values() const override { return s_; }
  // M x N, float64.
  const torch::Tensor& matrix() const { return matrix_; }

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return product(x, matrix_.t()); }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return product(y, matrix_); }

 private:
  static torch::Tensor product(const torch::Tensor& rows, const torch::Tensor& right) {
    return torch::matmul(rows, right.to(rows.scalar_type()));
  }

  torch::Tensor matrix_, u_, vt_, s_;
};

}  // namespace restore::testing
