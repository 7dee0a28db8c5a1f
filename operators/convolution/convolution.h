// Convolution with any kernel: A x = k * x, centre of the kernel at floor(size/2)
// (operators/kernel/kernels.h), the frame treated by one of the boundaries of
// operators/convolution/boundary.h.
//
// `valid` measures only where no pixel beyond the frame takes part: with a kh x kw kernel a scene
// of (H + kh - 1) x (W + kw - 1) is measured as H x W. It is the honest model of a photograph.
//
// The adjoint is exact: correlation on the zero-extended measurement, folded back by the transposed
// boundary. Work is by direct sums, by rows and columns, or by Fourier transforms of tiles,
// whichever the model in operators/convolution/correlation_plan.cpp finds cheapest.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "librestore/model/linear_operator.h"
#include "operators/convolution/correlation.h"

namespace restore {

struct ConvolutionOptions {
  Boundary boundary = Boundary::valid;
  std::optional<CorrelationPlan::Way> way;  // instead of the cheapest
};

// The operator with the most structure: circular convolution and reflection with a symmetric kernel
// are spectral. `scene` is the shape of x. Usage error when a valid convolution would leave
// nothing.
std::shared_ptr<const LinearOperator> make_convolution(const torch::Tensor& kernel,
                                                       const Shape& scene,
                                                       const ConvolutionOptions& options);

// The shape that a scene is measured in. Usage error when nothing would be left.
Shape measured_shape(const torch::Tensor& kernel, const Shape& scene, Boundary boundary);
// The extension of a scene's axis for a kernel of k: floor(k/2) beyond its end, the rest before it.
AxisExtension scene_axis(Boundary boundary, std::int64_t n, std::int64_t k);

// The scene that is measured as `measurement`.
Shape convolution_scene(const torch::Tensor& kernel, const Shape& measurement, Boundary boundary);

// A picture of one channel, no larger than `scene`, on which the largest singular value of a
// convolution with `kernel`, decimated by `factor`, is that on `scene` to 1e-3: bidiagonalisation
// need not see the whole. Remainders of the sides by the factor are kept.
Shape norm_twin(const Shape& scene, const torch::Tensor& kernel, std::int64_t factor = 1);

// reflect, replicate and valid, any kernel.
class Convolution : public LinearOperator {
 public:
  Convolution(const torch::Tensor& kernel, const Shape& scene, const ConvolutionOptions& options);

  double norm() const override;
  // The measurement, continued by its edge pixels to the size of the scene.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override;
  torch::Tensor do_adjoint(const torch::Tensor& y) const override;
  // By CG in the measurement's space (operators/numeric/dual_prox.h): with an unknown boundary some
  // 5, 10, 25 steps at rho = 0.1, 0.01, 0.001, whatever the size.
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override;
  // A A^T y.
  torch::Tensor gram(const torch::Tensor& y) const;

  torch::Tensor kernel_;
  ConvolutionOptions options_;
  Correlation forward_, backward_;
  // valid: A A^T is a correlation with the autocorrelation of k, four times its size: made when it
  // is asked for.
  mutable std::once_flag gram_once_;
  mutable std::optional<Correlation> gram_;
  PerType power_;  // |k^|^2 on the preconditioner's grid
  std::int64_t grid_height_ = 0, grid_width_ = 0;
};

}  // namespace restore
