// Downsampling by any real factor as image tools do it: y = Rv x Rh^T with antialiased resampling
// matrices of the two axes (operators/resample/resize.h).
//
//   prox, A^+: in the measurement's space (operators/numeric/dual_prox.h), where A A^T = Gv (x) Gh
//   with banded G = R R^T. For `area` by a whole factor the G are diagonal and the solution is
//   pointwise; else the condition number is small whatever the size, so that CG takes a few steps.
//   Spectral form: the Kronecker product of the axes' singular value decompositions, made when it
//   is first asked for (cubic in the sides).
#pragma once

#include <mutex>

#include "librestore/model/spectral_operator.h"
#include "operators/numeric/banded_matrix.h"
#include "operators/resample/resize.h"

namespace restore {

class Downsample : public SpectralOperator {
 public:
  // samples_of(side, factor) samples along each side; factor >= 1. Usage error when a side is
  // shorter than the factor.
  Downsample(const Shape& scene, double factor, ResizeFilter filter);

  torch::Tensor V(const torch::Tensor& coefficients) const override;
  torch::Tensor Vt(const torch::Tensor& x) const override;
  torch::Tensor U(const torch::Tensor& coefficients) const override;
  torch::Tensor Ut(const torch::Tensor& y) const override;
  torch::Tensor singular_values() const override;
  double norm() const override;
  // Bicubic enlargement.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;

 private:
  // R = u diag(s) v^T of one axis: u is h x h, s h, v H x H, float64.
  struct Axis {
    torch::Tensor u, s, v;
  };

  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
  torch::Tensor do_pseudo_inverse(const torch::Tensor& y) const override;
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;
  torch::Tensor solve(const torch::Tensor& v, const torch::Tensor& y, double rho) const;
  const Axis& vertical() const;
  const Axis& horizontal() const;

  double factor_;
  BandedMatrix down_v_, down_h_, up_v_, up_h_, gram_v_, gram_h_;
  mutable std::once_flag axes_once_;
  mutable Axis vertical_, horizontal_;
};

// The pixels of a picture of `scene`'s size that samples of the rectangle `seen` lie on.
Window enlarged_window(const Window& seen, double factor, const Shape& scene);

// Bicubic enlargement to `scene`, a remainder at the end continued by the last sample.
torch::Tensor enlarge(const torch::Tensor& y, const Shape& scene, double factor);

}  // namespace restore
