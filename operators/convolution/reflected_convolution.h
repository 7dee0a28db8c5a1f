// Convolution with a kernel that is symmetric in both axes, k(-i, j) = k(i, -j) = k(i, j), of a
// picture continued by reflection: the continued picture stays symmetric, so A is diagonal under
// the discrete cosine transform, with the real transfer function k^ on twice the sides as its
// eigenvalues.
//
//   A = V diag(k^) V^T,  V^T = DCT-II (orthonormal),  s = |k^|,  U = V diag(sign k^)
//   prox:  x = v + V [ k^ / (k^^2 + rho) ] V^T (y - A v)
//   A^+:   V [ 1 / k^ where |k^| > 0 ] V^T
//
// Ng, Chan, Tang 1999, "A fast algorithm for deblurring models with Neumann boundary conditions";
// https://doi.org/10.1137/S1064827598341384
#pragma once

#include <optional>

#include "librestore/model/spectral_operator.h"
#include "operators/convolution/correlation.h"

namespace restore {

// Odd sides, and equal to its mirror images to rounding.
bool is_symmetric(const torch::Tensor& kernel);

class ReflectedConvolution : public SpectralOperator {
 public:
  // `kernel` float64 and symmetric.
  ReflectedConvolution(const torch::Tensor& kernel, const Shape& scene,
                       std::optional<CorrelationPlan::Way> way = {});

  torch::Tensor V(const torch::Tensor& coefficients) const override;
  torch::Tensor Vt(const torch::Tensor& x) const override;
  torch::Tensor U(const torch::Tensor& coefficients) const override;
  torch::Tensor Ut(const torch::Tensor& y) const override;
  torch::Tensor singular_values() const override;
  // The measurement itself.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  // A is symmetric.
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;
  // k^ on the frequencies of the cosine transform, H x W, float64.
  const torch::Tensor& eigenvalues() const { return eigenvalues_.in(torch::kFloat64); }

  Correlation correlation_;
  PerType eigenvalues_;
};

}  // namespace restore
