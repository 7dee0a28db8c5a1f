// Convolution that wraps around: diagonal under the Fourier transform, so everything has a closed
// form in k^, the transfer function.
//
//   prox:  x^ = (conj(k^) y^ + rho v^) / (|k^|^2 + rho)
//   A^+:   x^ = conj(k^) y^ / |k^|^2 where |k^| > 0
//
// The real spectral form is Hartley's: V is the Hartley transform (symmetric, orthogonal), s =
// |k^|, and U = P V with P the convolution by the phase k^/|k^|, which is orthogonal too (phase 1
// where k^ = 0). Then U diag(s) V^T = P V diag(|k^|) V, and V diag(|k^|) V is the convolution by
// |k^| because that is even.
#pragma once

#include <optional>

#include "librestore/model/spectral_operator.h"
#include "operators/convolution/correlation.h"

namespace restore {

class CircularConvolution : public SpectralOperator {
 public:
  CircularConvolution(const torch::Tensor& kernel, const Shape& scene,
                      std::optional<CorrelationPlan::Way> way = {});

  torch::Tensor V(const torch::Tensor& coefficients) const override;
  torch::Tensor Vt(const torch::Tensor& x) const override;
  torch::Tensor U(const torch::Tensor& coefficients) const override;
  torch::Tensor Ut(const torch::Tensor& y) const override;
  torch::Tensor singular_values() const override;
  double norm() const override;
  // The measurement itself.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;

  std::int64_t height() const { return input_shape().height; }
  std::int64_t width() const { return input_shape().width; }

  Correlation forward_, backward_;
  // Half spectra, H x (W/2 + 1): k^, and k^/|k^|.
  PerType transfer_, phase_;
};

}  // namespace restore
