#include "operators/resample/decimation.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "operators/numeric/dual_prox.h"
#include "operators/numeric/fourier.h"
#include "operators/resample/downsample.h"

namespace restore {
namespace {

Shape small_shape(const LinearOperator& convolution, std::int64_t factor) {
  const Shape& full = convolution.output_shape();
  if (factor < 1 || full.height < factor || full.width < factor)
    throw usage_error("downsampling by {}: a picture of {}x{} is too small", factor, full.height,
                      full.width);
  return {full.channels, full.height / factor, full.width / factor};
}

// lambda as a half spectrum on a small grid of height x width.
torch::Tensor aliased_power(const torch::Tensor& kernel, std::int64_t height, std::int64_t width,
                            std::int64_t factor) {
  const auto transfer = transfer_function(kernel, height * factor, width * factor);
  const auto power = whole_spectrum(transfer.abs().square(), width * factor);
  const auto aliases = power.view({factor, height, factor, width});
  return aliases.mean(at::IntArrayRef{0, 2}).narrow(1, 0, width / 2 + 1).contiguous();
}

}  // namespace

Decimation::Decimation(const torch::Tensor& kernel, const Shape& scene, std::int64_t factor,
                       Phase phase, const ConvolutionOptions& options)
    : Decimation(make_convolution(kernel, scene, options), kernel, factor, phase, options) {}

Decimation::Decimation(std::shared_ptr<const LinearOperator> convolution,
                       const torch::Tensor& kernel, std::int64_t factor, Phase phase,
                       const ConvolutionOptions& options)
    : LinearOperator(convolution->input_shape(), small_shape(*convolution, factor)),
      convolution_(std::move(convolution)),
      kernel_(kernel),
      options_(options),
      factor_(factor),
      phase_(phase),
      first_(phase == Phase::centre ? (factor - 1) / 2 : 0) {
  const Shape &full = convolution_->output_shape(), &small = output_shape();
  closed_form_ = options.boundary == Boundary::circular && full.height % factor == 0 &&
                 full.width % factor == 0;
  // The preconditioner pads with zeros, as far as the filter k * k~ reaches on the small grid.
  const auto padded = [&](std::int64_t n, std::int64_t k) {
    return closed_form_ ? n : fast_length(n + (k - 1 + factor - 1) / factor);
  };
  grid_height_ = padded(small.height, kernel.size(0));
  grid_width_ = padded(small.width, kernel.size(1));
  lambda_ = PerType([kernel, factor, height = grid_height_, width = grid_width_] {
    return aliased_power(kernel, height, width, factor);
  });
}

torch::Tensor Decimation::do_apply(const torch::Tensor& x) const {
  const Shape& small = output_shape();
  return convolution_->apply(x)
      .slice(2, first_, first_ + (small.height - 1) * factor_ + 1, factor_)
      .slice(3, first_, first_ + (small.width - 1) * factor_ + 1, factor_)
      .contiguous();
}

torch::Tensor Decimation::do_adjoint(const torch::Tensor& y) const {
  const Shape& small = output_shape();
  auto spread = torch::zeros(convolution_->output_shape().batch(y.size(0)), y.options());
  spread.slice(2, first_, first_ + (small.height - 1) * factor_ + 1, factor_)
      .slice(3, first_, first_ + (small.width - 1) * factor_ + 1, factor_)
      .copy_(y);
  return convolution_->adjoint(spread);
}

torch::Tensor Decimation::filter(const torch::Tensor& r, const torch::Tensor& gain) const {
  return from_half_spectrum(half_spectrum(r).mul_(gain.to(r.scalar_type())), grid_height_,
                            grid_width_);
}

torch::Tensor Decimation::do_prox(const torch::Tensor& v, const torch::Tensor& y,
                                  double rho) const {
  const auto& lambda = lambda_.in(y.scalar_type());
  if (closed_form_) return v + do_adjoint(filter(y - do_apply(v), 1 / (lambda + rho)));
  DualProblem problem;
  problem.apply = [this](const torch::Tensor& x) { return do_apply(x); };
  problem.adjoint = [this](const torch::Tensor& w) { return do_adjoint(w); };
  problem.gram = [this](const torch::Tensor& w) { return do_apply(do_adjoint(w)); };
  problem.preconditioner = toeplitz_preconditioner(lambda, grid_height_, grid_width_, rho);
  return dual_prox(problem, v, y, rho);
}

torch::Tensor Decimation::do_pseudo_inverse(const torch::Tensor& y) const {
  if (!closed_form_) return LinearOperator::do_pseudo_inverse(y);
  // A^+ = A^T (A A^T)^+
  const auto& lambda = lambda_.in(torch::kFloat64);
  const double cutoff = 1e-26 * lambda.max().item<double>();
  const auto inverse =
      torch::where(lambda > cutoff, 1 / lambda.clamp_min(cutoff), torch::zeros_like(lambda));
  return do_adjoint(filter(y, inverse));
}

double Decimation::norm() const {
  if (closed_form_) return std::sqrt(lambda_.in(torch::kFloat64).max().item<double>());
  const Shape twin = norm_twin(input_shape(), kernel_, factor_);
  if (twin == input_shape()) return LinearOperator::norm();
  return Decimation(kernel_, twin, factor_, phase_, {options_.boundary, {}}).norm();
}

torch::Tensor Decimation::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return convolution_->initial_estimate(
      enlarge(y, convolution_->output_shape(), static_cast<double>(factor_)));
}

Window Decimation::scene_window(const Window& seen) const {
  return convolution_->scene_window(seen.scaled(factor_));
}

}  // namespace restore
