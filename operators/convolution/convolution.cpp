#include "operators/convolution/convolution.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "operators/convolution/circular_convolution.h"
#include "operators/convolution/reflected_convolution.h"
#include "operators/numeric/dual_prox.h"
#include "operators/numeric/fourier.h"

namespace restore {
namespace {

// The side of the picture that stands in for larger ones in norm(): in pixels, and in kernels. With
// an unknown boundary the slowest wave that N pixels hold loses pi^2 s^2 / (2 N^2) along an axis,
// s^2 the variance of the kernel, k^2 / 12 at most of those that fall off from their middle: 1e-3
// along both at N = 28 k.
constexpr std::int64_t kNormSide = 192, kNormKernels = 28;

// sum_a k(a) k(a + d), d = 1 - K .. K - 1 along both axes.
torch::Tensor autocorrelation(const torch::Tensor& k) {
  return Correlation(k, extend_with_zeros(k.size(0), k.size(0) - 1, k.size(0) - 1),
                     extend_with_zeros(k.size(1), k.size(1) - 1, k.size(1) - 1))(
             k.unsqueeze(0).unsqueeze(0))
      .squeeze(0)
      .squeeze(0);
}

}  // namespace

Shape measured_shape(const torch::Tensor& kernel, const Shape& scene, Boundary boundary) {
  if (boundary != Boundary::valid) return scene;
  const Shape seen{scene.channels, scene.height - kernel.size(0) + 1,
                   scene.width - kernel.size(1) + 1};
  if (seen.height < 1 || seen.width < 1)
    throw usage_error(
        "a {}x{} kernel with boundary valid sees nothing of a picture of {}x{}; take a smaller "
        "kernel or another boundary",
        kernel.size(0), kernel.size(1), scene.height, scene.width);
  return seen;
}

AxisExtension scene_axis(Boundary boundary, std::int64_t n, std::int64_t k) {
  if (boundary == Boundary::valid) return extend_axis(boundary, n, 0, 0);
  return extend_axis(boundary, n, k - 1 - k / 2, k / 2);
}

Shape convolution_scene(const torch::Tensor& kernel, const Shape& measurement, Boundary boundary) {
  if (boundary != Boundary::valid) return measurement;
  return {measurement.channels, measurement.height + kernel.size(0) - 1,
          measurement.width + kernel.size(1) - 1};
}

Shape norm_twin(const Shape& scene, const torch::Tensor& kernel, std::int64_t factor) {
  const auto side = [&](std::int64_t n, std::int64_t k) {
    const std::int64_t enough = std::max(kNormSide, kNormKernels * k);
    return n <= enough ? n : enough + (n - enough) % factor;
  };
  return {1, side(scene.height, kernel.size(0)), side(scene.width, kernel.size(1))};
}

std::shared_ptr<const LinearOperator> make_convolution(const torch::Tensor& kernel,
                                                       const Shape& scene,
                                                       const ConvolutionOptions& options) {
  if (options.boundary == Boundary::circular)
    return std::make_shared<CircularConvolution>(kernel, scene, options.way);
  if (options.boundary == Boundary::reflect && is_symmetric(kernel))
    return std::make_shared<ReflectedConvolution>(kernel, scene, options.way);
  return std::make_shared<Convolution>(kernel, scene, options);
}

Convolution::Convolution(const torch::Tensor& kernel, const Shape& scene,
                         const ConvolutionOptions& options)
    : LinearOperator(scene, measured_shape(kernel, scene, options.boundary)),
      kernel_(kernel.to(torch::kFloat64).contiguous()),
      options_(options),
      // y(i) = sum_a k(a) x(i - a + c) slides the flipped kernel over the extended scene, ...
      forward_(kernel_.flip({0, 1}).contiguous(),
               scene_axis(options.boundary, scene.height, kernel_.size(0)),
               scene_axis(options.boundary, scene.width, kernel_.size(1)), options.way),
      // ... so its transpose slides the kernel over y between zeros.
      backward_(kernel_,
                extend_with_zeros(output_shape().height, kernel_.size(0) - 1, kernel_.size(0) - 1),
                extend_with_zeros(output_shape().width, kernel_.size(1) - 1, kernel_.size(1) - 1),
                options.way) {
  const Shape& seen = output_shape();
  grid_height_ = fast_length(seen.height + kernel_.size(0) - 1);
  grid_width_ = fast_length(seen.width + kernel_.size(1) - 1);
  power_ = PerType([kernel = kernel_, height = grid_height_, width = grid_width_] {
    return transfer_function(kernel, height, width).abs().square();
  });
}

torch::Tensor Convolution::do_apply(const torch::Tensor& x) const { return forward_(x); }

torch::Tensor Convolution::do_adjoint(const torch::Tensor& y) const {
  return fold(backward_(y), forward_.rows(), forward_.columns());
}

torch::Tensor Convolution::gram(const torch::Tensor& y) const {
  if (options_.boundary != Boundary::valid) return do_apply(do_adjoint(y));
  std::call_once(gram_once_, [this] {
    const Shape& seen = output_shape();
    gram_.emplace(autocorrelation(kernel_),
                  extend_with_zeros(seen.height, kernel_.size(0) - 1, kernel_.size(0) - 1),
                  extend_with_zeros(seen.width, kernel_.size(1) - 1, kernel_.size(1) - 1),
                  options_.way);
  });
  return (*gram_)(y);
}

torch::Tensor Convolution::do_prox(const torch::Tensor& v, const torch::Tensor& y,
                                   double rho) const {
  DualProblem problem;
  problem.apply = [this](const torch::Tensor& x) { return do_apply(x); };
  problem.adjoint = [this](const torch::Tensor& w) { return do_adjoint(w); };
  problem.gram = [this](const torch::Tensor& w) { return gram(w); };
  problem.preconditioner =
      toeplitz_preconditioner(power_.in(y.scalar_type()), grid_height_, grid_width_, rho);
  return dual_prox(problem, v, y, rho);
}

double Convolution::norm() const {
  const Shape twin = norm_twin(input_shape(), kernel_);
  if (twin == input_shape()) return LinearOperator::norm();
  return Convolution(kernel_, twin, {options_.boundary, {}}).norm();
}

torch::Tensor Convolution::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  const Window seen = scene_window({0, 0, output_shape().height, output_shape().width});
  const std::int64_t bottom = input_shape().height - seen.y0 - seen.height;
  const std::int64_t right = input_shape().width - seen.x0 - seen.width;
  return at::replication_pad2d(y, {seen.x0, right, seen.y0, bottom});
}

Window Convolution::scene_window(const Window& seen) const {
  if (options_.boundary != Boundary::valid) return seen;
  return {seen.y0 + kernel_.size(0) - 1 - kernel_.size(0) / 2,
          seen.x0 + kernel_.size(1) - 1 - kernel_.size(1) / 2, seen.height, seen.width};
}

}  // namespace restore
