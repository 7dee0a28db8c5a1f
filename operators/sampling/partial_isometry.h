// Operators that measure some coefficients of an orthogonal transform as they are: s in {0, 1}.
//
//   A = U diag(s) V^T,  A A^T A = A,  A^+ = A^T,  ||A|| = 1
//   prox: x = v + A^T (y - A v) / (1 + rho)
//
// A class of this kind says what V is, that U picks the measured coefficients, and that U^T puts
// them back between zeros; the rest follows.
#pragma once

#include "librestore/model/spectral_operator.h"
#include "operators/numeric/planes.h"

namespace restore {

class PartialIsometry : public SpectralOperator {
 public:
  double norm() const override { return 1; }

 protected:
  using SpectralOperator::SpectralOperator;
  torch::Tensor do_apply(const torch::Tensor& x) const override { return U(Vt(x)); }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return V(Ut(y)); }

 private:
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override { return do_adjoint(y); }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override {
    return v + do_adjoint((y - do_apply(v)).div_(1 + rho));
  }
};

// Where V and U act on each channel by itself.
class PlanewiseIsometry : public PartialIsometry {
 protected:
  using PartialIsometry::PartialIsometry;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override {
    return by_planes(x, output_shape().height, output_shape().width,
                     [this](const torch::Tensor& planes) { return U(Vt(planes)); });
  }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override {
    return by_planes(y, input_shape().height, input_shape().width,
                     [this](const torch::Tensor& planes) { return V(Ut(planes)); });
  }
};

}  // namespace restore
