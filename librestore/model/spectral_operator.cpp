#include "librestore/model/spectral_operator.h"

namespace restore {

double SpectralOperator::norm() const { return singular_values().max().item<double>(); }

torch::Tensor SpectralOperator::do_pseudo_inverse(const torch::Tensor& y) const {
  const auto s = singular_values();
  // Singular values under rounding of the largest count as zero, as in numpy's pinv.
  const double cutoff = 1e-13 * s.max().item<double>();
  const auto inverse = torch::where(s > cutoff, 1 / s.clamp_min(cutoff), torch::zeros_like(s));
  // A^+ y = V s^+ U^T y
  return V(Ut(y) * inverse.to(y.scalar_type()));
}

torch::Tensor SpectralOperator::do_prox(const torch::Tensor& v, const torch::Tensor& y,
                                        double rho) const {
  const auto s = singular_values();
  const auto denominator = s.square() + rho;
  // x = V (s U^T y + rho V^T v) / (s^2 + rho)
  return V(Ut(y) * (s / denominator).to(y.scalar_type()) +
           Vt(v) * (rho / denominator).to(y.scalar_type()));
}

}  // namespace restore
