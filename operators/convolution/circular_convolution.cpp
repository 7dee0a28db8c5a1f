#include "operators/convolution/circular_convolution.h"

#include <ATen/ATen.h>

#include "operators/numeric/fourier.h"

namespace restore {
namespace {

torch::Tensor is_zero(const torch::Tensor& magnitude) {
  return magnitude <= kSpectralZero * magnitude.max();
}

}  // namespace

CircularConvolution::CircularConvolution(const torch::Tensor& kernel, const Shape& scene,
                                         std::optional<CorrelationPlan::Way> way)
    : SpectralOperator(scene, scene),
      forward_(kernel.flip({0, 1}).contiguous(),
               extend_axis(Boundary::circular, scene.height,
                           kernel.size(0) - 1 - kernel.size(0) / 2, kernel.size(0) / 2),
               extend_axis(Boundary::circular, scene.width, kernel.size(1) - 1 - kernel.size(1) / 2,
                           kernel.size(1) / 2),
               way),
      backward_(kernel,
                extend_axis(Boundary::circular, scene.height, kernel.size(0) / 2,
                            kernel.size(0) - 1 - kernel.size(0) / 2),
                extend_axis(Boundary::circular, scene.width, kernel.size(1) / 2,
                            kernel.size(1) - 1 - kernel.size(1) / 2),
                way),
      transfer_([kernel, scene] { return transfer_function(kernel, scene.height, scene.width); }),
      phase_([transfer = transfer_] {
        const auto& k = transfer.in(torch::kFloat64);
        const auto magnitude = k.abs();
        return torch::where(is_zero(magnitude), torch::ones_like(k), k / magnitude);
      }) {}

torch::Tensor CircularConvolution::do_apply(const torch::Tensor& x) const { return forward_(x); }

torch::Tensor CircularConvolution::do_adjoint(const torch::Tensor& y) const { return backward_(y); }

torch::Tensor CircularConvolution::V(const torch::Tensor& coefficients) const {
  return hartley(coefficients);
}

torch::Tensor CircularConvolution::Vt(const torch::Tensor& x) const { return hartley(x); }

torch::Tensor CircularConvolution::U(const torch::Tensor& coefficients) const {
  // U c = P V c
  const auto spectrum = half_spectrum_of_hartley(coefficients);
  return from_half_spectrum(spectrum * phase_.in(coefficients.scalar_type()), height(), width());
}

torch::Tensor CircularConvolution::Ut(const torch::Tensor& y) const {
  // U^T y = V P^T y
  return hartley_of_half_spectrum(half_spectrum(y) * phase_.in(y.scalar_type()).conj(), width());
}

torch::Tensor CircularConvolution::singular_values() const {
  const auto s = whole_spectrum(transfer_.in(torch::kFloat64).abs(), width());
  return s.expand({1, input_shape().channels, height(), width()});
}

double CircularConvolution::norm() const {
  return transfer_.in(torch::kFloat64).abs().max().item<double>();
}

torch::Tensor CircularConvolution::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return y.clone();
}

torch::Tensor CircularConvolution::do_pseudo_inverse(const torch::Tensor& y) const {
  const auto& k = transfer_.in(torch::kFloat64);
  const auto magnitude = k.abs();
  const auto inverse =
      torch::where(is_zero(magnitude), torch::zeros_like(k), k.conj() / magnitude.square());
  const auto spectrum = half_spectrum(y);
  return from_half_spectrum(spectrum * inverse.to(spectrum.scalar_type()), height(), width());
}

torch::Tensor CircularConvolution::do_prox(const torch::Tensor& v, const torch::Tensor& y,
                                           double rho) const {
  const auto& k = transfer_.in(y.scalar_type());
  // x = v + F^-1 [ conj(k^) (y^ - k^ v^) / (|k^|^2 + rho) ], the closed form with v taken out: two
  // transforms instead of three, and no cancellation when v nearly explains y.
  const auto gain = k.conj() / (at::real(k).square() + at::imag(k).square() + rho);
  const auto misfit = half_spectrum(y - do_apply(v));
  return v + from_half_spectrum(misfit.mul_(gain), height(), width());
}

}  // namespace restore
