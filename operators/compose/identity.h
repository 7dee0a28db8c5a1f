// y = x: denoising.
#pragma once

#include "librestore/model/spectral_operator.h"

namespace restore {

class Identity : public SpectralOperator {
 public:
  explicit Identity(const Shape& shape) : SpectralOperator(shape, shape) {}

  bool is_identity() const override { return true; }
  torch::Tensor V(const torch::Tensor& coefficients) const override { return coefficients; }
  torch::Tensor Vt(const torch::Tensor& x) const override { return x; }
  torch::Tensor U(const torch::Tensor& coefficients) const override { return coefficients; }
  torch::Tensor Ut(const torch::Tensor& y) const override { return y; }
  torch::Tensor singular_values() const override;
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return x.clone(); }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return y.clone(); }
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override { return y.clone(); }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;
};

}  // namespace restore
