// Channels mixed at every pixel: y(i, j) = M x(i, j), M measured channels x scene channels.
//
// Everything has a closed form in the singular value decomposition M = u diag(s) v^T of a few
// numbers; V and U mix the channels of each pixel by v and u.
#pragma once

#include "librestore/model/spectral_operator.h"

namespace restore {

class ColourMatrix : public SpectralOperator {
 public:
  // `matrix`: float64, measured channels x scene channels, finite. Usage error when it has another
  // number of columns than the scene has channels, or is 0.
  ColourMatrix(const Shape& scene, const torch::Tensor& matrix);

  torch::Tensor V(const torch::Tensor& coefficients) const override;
  torch::Tensor Vt(const torch::Tensor& x) const override;
  torch::Tensor U(const torch::Tensor& coefficients) const override;
  torch::Tensor Ut(const torch::Tensor& y) const override;
  torch::Tensor singular_values() const override;
  double norm() const override;
  // The measurement itself where it is one channel of weights that sum to 1 (grey), else M^+ y.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;

  torch::Tensor matrix_;
  torch::Tensor u_, s_, v_;  // rows x rows, min(rows, columns), columns x columns
};

// Rec. 601's luma of encoded (sRGB) values: 0.299 R + 0.587 G + 0.114 B; 1 x 3, float64.
torch::Tensor luma_weights();

}  // namespace restore
