#include "operators/convolution/reflected_convolution.h"

#include <ATen/ATen.h>

#include "operators/numeric/fourier.h"

namespace restore {
namespace {

AxisExtension reflected(std::int64_t n, std::int64_t k) {
  return extend_axis(Boundary::reflect, n, k / 2, k / 2);
}

}  // namespace

bool is_symmetric(const torch::Tensor& kernel) {
  if (kernel.size(0) % 2 == 0 || kernel.size(1) % 2 == 0) return false;
  const double rounding = 1e-15 * kernel.abs().max().item<double>();
  return (kernel - kernel.flip(0)).abs().max().item<double>() <= rounding &&
         (kernel - kernel.flip(1)).abs().max().item<double>() <= rounding;
}

ReflectedConvolution::ReflectedConvolution(const torch::Tensor& kernel, const Shape& scene,
                                           std::optional<CorrelationPlan::Way> way)
    : SpectralOperator(scene, scene),
      correlation_(kernel, reflected(scene.height, kernel.size(0)),
                   reflected(scene.width, kernel.size(1)), way),
      eigenvalues_([kernel, scene] {
        return at::real(transfer_function(kernel, 2 * scene.height, 2 * scene.width))
            .narrow(0, 0, scene.height)
            .narrow(1, 0, scene.width)
            .contiguous();
      }) {}

torch::Tensor ReflectedConvolution::do_apply(const torch::Tensor& x) const {
  return correlation_(x);
}

torch::Tensor ReflectedConvolution::do_adjoint(const torch::Tensor& y) const {
  return correlation_(y);
}

torch::Tensor ReflectedConvolution::V(const torch::Tensor& coefficients) const {
  return inverse_cosine_transform(coefficients);
}

torch::Tensor ReflectedConvolution::Vt(const torch::Tensor& x) const { return cosine_transform(x); }

torch::Tensor ReflectedConvolution::U(const torch::Tensor& coefficients) const {
  return V(torch::where(eigenvalues() < 0, -coefficients, coefficients));
}

torch::Tensor ReflectedConvolution::Ut(const torch::Tensor& y) const {
  const auto coefficients = Vt(y);
  return torch::where(eigenvalues() < 0, -coefficients, coefficients);
}

torch::Tensor ReflectedConvolution::singular_values() const {
  return eigenvalues().abs().expand(input_shape().batch(1));
}

torch::Tensor ReflectedConvolution::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return y.clone();
}

torch::Tensor ReflectedConvolution::do_pseudo_inverse(const torch::Tensor& y) const {
  const auto& k = eigenvalues();
  const auto zero = k.abs() <= kSpectralZero * k.abs().max();
  const auto inverse = torch::where(zero, torch::zeros_like(k), 1 / k);
  return V(Vt(y).mul_(inverse.to(y.scalar_type())));
}

torch::Tensor ReflectedConvolution::do_prox(const torch::Tensor& v, const torch::Tensor& y,
                                            double rho) const {
  const auto& k = eigenvalues_.in(y.scalar_type());
  return v + V(Vt(y - do_apply(v)).mul_(k / (k.square() + rho)));
}

}  // namespace restore
