#include "operators/sensor/colour_matrix.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "operators/numeric/dense_axis.h"

namespace restore {
namespace {

Shape mixed_shape(const Shape& scene, const torch::Tensor& matrix) {
  if (matrix.size(1) != scene.channels)
    throw usage_error("a matrix of {} columns for a picture of {} channels", matrix.size(1),
                      scene.channels);
  if (!matrix.isfinite().all().item<bool>() || !matrix.ne(0).any().item<bool>())
    throw usage_error("a colour matrix holds finite numbers that are not all 0");
  return {matrix.size(0), scene.height, scene.width};
}

// M x at every pixel. at::matmul would make a transposed product first and copy it.
torch::Tensor mixed(const torch::Tensor& matrix, const torch::Tensor& x) {
  return at::bmm(matrix.to(x.scalar_type()).expand({x.size(0), -1, -1}), x.flatten(2))
      .view({x.size(0), matrix.size(0), x.size(2), x.size(3)});
}

torch::Tensor reciprocals(const torch::Tensor& s) {
  // Singular values under rounding of the largest count as zero, as in numpy's pinv.
  const auto positive = s > 1e-13 * s.max();
  return torch::where(positive, 1 / torch::where(positive, s, 1.0), 0.0);
}

}  // namespace

ColourMatrix::ColourMatrix(const Shape& scene, const torch::Tensor& matrix)
    : SpectralOperator(scene, mixed_shape(scene, matrix)),
      matrix_(matrix.to(torch::kFloat64).contiguous()) {
  const auto svd = full_svd(matrix_);
  u_ = svd.U;
  s_ = torch::where(svd.s > 1e-13 * svd.s.max(), svd.s, 0.0);
  v_ = svd.V;
}

torch::Tensor ColourMatrix::do_apply(const torch::Tensor& x) const { return mixed(matrix_, x); }

torch::Tensor ColourMatrix::do_adjoint(const torch::Tensor& y) const {
  return mixed(matrix_.t(), y);
}

torch::Tensor ColourMatrix::do_pseudo_inverse(const torch::Tensor& y) const {
  // M^+ = v s^+ u^T
  const auto n = s_.numel();
  return mixed(at::matmul(v_.narrow(1, 0, n) * reciprocals(s_), u_.narrow(1, 0, n).t()), y);
}

torch::Tensor ColourMatrix::do_prox(const torch::Tensor& v, const torch::Tensor& y,
                                    double rho) const {
  // x = v + M^T (M M^T + rho I)^-1 (y - M v)
  const auto gram =
      at::matmul(matrix_, matrix_.t()) + rho * torch::eye(matrix_.size(0), torch::kFloat64);
  return v + mixed(at::matmul(matrix_.t(), at::linalg_inv(gram)), y - do_apply(v));
}

torch::Tensor ColourMatrix::V(const torch::Tensor& coefficients) const {
  return mixed(v_, coefficients);
}

torch::Tensor ColourMatrix::Vt(const torch::Tensor& x) const { return mixed(v_.t(), x); }

torch::Tensor ColourMatrix::U(const torch::Tensor& coefficients) const {
  return mixed(u_.narrow(1, 0, s_.numel()), coefficients.narrow(1, 0, s_.numel()));
}

torch::Tensor ColourMatrix::Ut(const torch::Tensor& y) const {
  auto coefficients = torch::zeros(input_shape().batch(y.size(0)), y.options());
  coefficients.narrow(1, 0, s_.numel()).copy_(mixed(u_.narrow(1, 0, s_.numel()).t(), y));
  return coefficients;
}

torch::Tensor ColourMatrix::singular_values() const {
  auto s = torch::zeros({input_shape().channels}, torch::kFloat64);
  s.narrow(0, 0, s_.numel()).copy_(s_);
  return s.view({1, -1, 1, 1}).expand(input_shape().batch(1));
}

double ColourMatrix::norm() const { return s_.max().item<double>(); }

torch::Tensor ColourMatrix::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  // For weights of sum 1 the grey picture explains y and is closer to pictures than M^+ y is.
  if (matrix_.size(0) == 1 && std::abs(matrix_.sum().item<double>() - 1) < 1e-6)
    return y.expand(input_shape().batch(y.size(0))).clone();
  return do_pseudo_inverse(y);
}

torch::Tensor luma_weights() { return torch::tensor({{0.299, 0.587, 0.114}}, torch::kFloat64); }

}  // namespace restore
