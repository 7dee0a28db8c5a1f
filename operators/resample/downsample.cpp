#include "operators/resample/downsample.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "operators/numeric/dense_axis.h"
#include "operators/numeric/dual_prox.h"
#include "operators/resample/resize.h"

namespace restore {
namespace {

// From this many samples on, the norm of an axis is taken from a shorter one: it has settled.
constexpr std::int64_t kNormSamples = 128;

BandedMatrix make_axis(std::int64_t n, double factor, ResizeFilter filter) {
  if (!(factor >= 1) || samples_of(n, factor) < 1)
    throw usage_error("downsampling by {}: a side of {} pixels is too short", factor, n);
  return downsampling(n, factor, filter);
}

Shape small_shape(const Shape& scene, double factor) {
  return {scene.channels, samples_of(scene.height, factor), samples_of(scene.width, factor)};
}

torch::Tensor diagonal(const BandedMatrix& matrix) {
  auto result = torch::empty({matrix.rows()}, torch::kFloat64);
  for (std::int64_t i = 0; i < matrix.rows(); ++i) result.data_ptr<double>()[i] = matrix.at(i, i);
  return result;
}

// The largest singular value of R, given G = R R^T.
double axis_norm(const BandedMatrix& gram) {
  const std::int64_t n = std::min(gram.rows(), kNormSamples);
  std::vector<BandedRow> corner;
  for (std::int64_t i = 0; i < n; ++i) corner.push_back(gram.row(i));
  const auto square = BandedMatrix(std::move(corner), gram.columns()).dense().narrow(1, 0, n);
  return std::sqrt(full_svd(square).s.max().item<double>());
}

}  // namespace

Downsample::Downsample(const Shape& scene, double factor, ResizeFilter filter)
    : SpectralOperator(scene, small_shape(scene, std::max(factor, 1.0))),
      factor_(factor),
      down_v_(make_axis(scene.height, factor, filter)),
      down_h_(make_axis(scene.width, factor, filter)),
      up_v_(down_v_.transposed()),
      up_h_(down_h_.transposed()),
      gram_v_(down_v_.gram()),
      gram_h_(down_h_.gram()) {}

torch::Tensor Downsample::do_apply(const torch::Tensor& x) const {
  return down_h_.along_width(down_v_.along_height(x));
}

torch::Tensor Downsample::do_adjoint(const torch::Tensor& y) const {
  return up_v_.along_height(up_h_.along_width(y));
}

// v + A^T w with (A A^T + rho I) w = y - A v.
torch::Tensor Downsample::solve(const torch::Tensor& v, const torch::Tensor& y, double rho) const {
  if (gram_v_.is_diagonal() && gram_h_.is_diagonal()) {
    const auto gram = diagonal(gram_v_).unsqueeze(1) * diagonal(gram_h_).unsqueeze(0);
    return v + do_adjoint((y - do_apply(v)) / (gram + rho).to(y.scalar_type()));
  }
  DualProblem problem;
  problem.apply = [this](const torch::Tensor& x) { return do_apply(x); };
  problem.adjoint = [this](const torch::Tensor& w) { return do_adjoint(w); };
  problem.gram = [this](const torch::Tensor& w) {
    return gram_h_.along_width(gram_v_.along_height(w));
  };
  return dual_prox(problem, v, y, rho);
}

torch::Tensor Downsample::do_prox(const torch::Tensor& v, const torch::Tensor& y,
                                  double rho) const {
  return solve(v, y, rho);
}

torch::Tensor Downsample::do_pseudo_inverse(const torch::Tensor& y) const {
  // A has full row rank: A^+ = A^T (A A^T)^-1.
  return solve(torch::zeros(input_shape().batch(y.size(0)), y.options()), y, 0);
}

double Downsample::norm() const { return axis_norm(gram_v_) * axis_norm(gram_h_); }

const Downsample::Axis& Downsample::vertical() const {
  std::call_once(axes_once_, [this] {
    const auto v = full_svd(down_v_.dense()), h = full_svd(down_h_.dense());
    vertical_ = {v.U, v.s, v.V};
    horizontal_ = {h.U, h.s, h.V};
  });
  return vertical_;
}

const Downsample::Axis& Downsample::horizontal() const {
  vertical();
  return horizontal_;
}

torch::Tensor Downsample::V(const torch::Tensor& coefficients) const {
  return multiply_axes(vertical().v, coefficients, horizontal().v);
}

torch::Tensor Downsample::Vt(const torch::Tensor& x) const {
  return multiply_axes(vertical().v.t(), x, horizontal().v.t());
}

// The measured coefficients are the first h rows and w columns of the spectrum.
torch::Tensor Downsample::U(const torch::Tensor& coefficients) const {
  const auto seen =
      coefficients.narrow(2, 0, output_shape().height).narrow(3, 0, output_shape().width);
  return multiply_axes(vertical().u, seen, horizontal().u);
}

torch::Tensor Downsample::Ut(const torch::Tensor& y) const {
  auto coefficients = torch::zeros(input_shape().batch(y.size(0)), y.options());
  coefficients.narrow(2, 0, output_shape().height)
      .narrow(3, 0, output_shape().width)
      .copy_(multiply_axes(vertical().u.t(), y, horizontal().u.t()));
  return coefficients;
}

torch::Tensor Downsample::singular_values() const {
  auto s = torch::zeros({1, 1, input_shape().height, input_shape().width}, torch::kFloat64);
  s.narrow(2, 0, output_shape().height)
      .narrow(3, 0, output_shape().width)
      .copy_(vertical().s.unsqueeze(1) * horizontal().s.unsqueeze(0));
  return s.expand({1, input_shape().channels, input_shape().height, input_shape().width});
}

torch::Tensor Downsample::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return enlarge(y, input_shape(), factor_);
}

Window Downsample::scene_window(const Window& seen) const {
  return enlarged_window(seen, factor_, input_shape());
}

Window enlarged_window(const Window& seen, double factor, const Shape& scene) {
  const auto from = [&](std::int64_t at) {
    return std::llround(std::floor(static_cast<double>(at) * factor));
  };
  const auto to = [&](std::int64_t at, std::int64_t n) {
    return std::min(pixels_of(at, factor), n);
  };
  return {from(seen.y0), from(seen.x0), to(seen.y0 + seen.height, scene.height) - from(seen.y0),
          to(seen.x0 + seen.width, scene.width) - from(seen.x0)};
}

torch::Tensor enlarge(const torch::Tensor& y, const Shape& scene, double factor) {
  const auto up_v = bicubic_upsampling(y.size(2), factor);
  const auto up_h = bicubic_upsampling(y.size(3), factor);
  const auto large = up_v.along_height(up_h.along_width(y));
  return at::replication_pad2d(large,
                               {0, scene.width - large.size(3), 0, scene.height - large.size(2)});
}

}  // namespace restore
