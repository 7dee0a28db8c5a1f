// A camera's response: y = f(x), f the curve that makes of light, x, what a file holds.
//
//   gamma:G   y = x^(1/G)
//   srgb      y = 12.92 x for x <= 0.0031308, else 1.055 x^(1/2.4) - 0.055   (IEC 61966-2-1)
//   a table   values at even steps from 0 to 1, linear between them
//
// Powers have no slope at 0 and no value below it: gamma goes straight to 0 from kToe on, so that
// it can be differentiated everywhere, and every curve goes on straight below 0 and above 1.
#pragma once

#include <functional>

#include "operators/nonlinear/pointwise.h"

namespace restore {

// f, f' and f^-1 on tensors of any shape.
struct ResponseCurve {
  static constexpr double kToe = 1.0 / 256;

  std::function<torch::Tensor(const torch::Tensor&x)> value, slope;
  std::function<torch::Tensor(const torch::Tensor& y)> inverse;
  double steepest = 1;  // f' at most

  static ResponseCurve gamma(double g);  // g > 0
  static ResponseCurve srgb();
  // At least 2 values that rise; usage error otherwise.
  static ResponseCurve table(const torch::Tensor& values);
};

class Response : public Pointwise {
 public:
  Response(const Shape& shape, ResponseCurve curve) : Pointwise(shape), curve_(std::move(curve)) {}
  double norm() const override { return curve_.steepest; }

 private:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return curve_.value(x); }
  torch::Tensor slope(const torch::Tensor& x) const override { return curve_.slope(x); }
  torch::Tensor inverse(const torch::Tensor& y) const override { return curve_.inverse(y); }

  ResponseCurve curve_;
};

}  // namespace restore
