// How a picture is measured: y = A(x) + noise.
//
// Tensors are N x C x H x W, float32 or float64, pixels in [0,1]; every item of a batch is measured
// alike and independently. Operators are immutable after construction and safe to share by threads.
//
// Laws (checkers in tests/support/operator_laws.h, run over every row of operators/factory):
//   O1  shape: apply maps N x input_shape to N x output_shape, in the type of x; bad shapes throw.
//   O2  batch: apply of a batch is the batch of the applies.
//   O3  vjp(x, v) = J(x)^T v with J the Jacobian of A, or of differentiable() where A rounds,
//       against central differences in float64.
//   O4  prox(v, y, rho) explains y and v together no worse than v alone does.
#pragma once

#include <memory>
#include <string>

#include <torch/types.h>

#include "librestore/model/shape.h"

namespace restore {

class Operator {
 public:
  virtual ~Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  const Shape& input_shape() const { return input_shape_; }
  const Shape& output_shape() const { return output_shape_; }

  // A(x).
  torch::Tensor apply(const torch::Tensor& x) const;
  // J(x)^T v with J the Jacobian of A at x: N x output_shape -> N x input_shape.
  torch::Tensor vjp(const torch::Tensor& x, const torch::Tensor& v) const;
  // argmin_x 1/2 ||A(x) - y||^2 + rho/2 ||x - v||^2, rho > 0 (rho = sigma_y^2 / sigma^2 for a prior
  // of noise level sigma). The minimum where A is linear or acts pixel by pixel, else where a
  // descent from v ends.
  torch::Tensor prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const;
  // The largest of ||J(x)|| over pictures in [0,1], or a bound of it; of a matrix the largest
  // singular value. Steps along the gradient are as long as it allows.
  virtual double norm() const = 0;
  // A rounding operator is flat almost everywhere: its vjp is that of the same operator without the
  // rounding, which this returns (the straight-through estimator: Bengio, Leonard, Courville 2013,
  // https://arxiv.org/abs/1308.3432). Null where A can be differentiated itself.
  virtual std::shared_ptr<const Operator> differentiable() const { return nullptr; }
  // A(x) = x for every x, and known to be.
  virtual bool is_identity() const { return false; }
  // A picture that explains y roughly and looks like one: where solvers start. Not an inverse.
  virtual torch::Tensor initial_estimate(const torch::Tensor& y) const = 0;
  // The rectangle of the scene that the rectangle `seen` of the measurement shows: an estimate that
  // reaches past the frame is cropped to scene_window({0, 0, height, width}).
  virtual Window scene_window(const Window& seen) const { return seen; }

 protected:
  Operator(Shape input, Shape output) : input_shape_(input), output_shape_(output) {}

  // Shapes are checked before these are called.
  virtual torch::Tensor do_apply(const torch::Tensor& x) const = 0;
  virtual torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const = 0;
  // By default steps along the gradient, of the lengths of Barzilai, Borwein 1988 ("Two-point step
  // size gradient methods", https://doi.org/10.1093/imanum/8.1.141); the best of them is kept.
  virtual torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const;

 private:
  Shape input_shape_, output_shape_;
};

// Throws a usage error when `x` is not N x shape; `what` names the argument.
void check_shape(const torch::Tensor& x, const Shape& shape, const char* what);

}  // namespace restore
