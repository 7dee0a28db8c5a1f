// The scene reaches past the frame: y is the middle of x, `margin` pixels less on every side.
// Frames of a burst that show the scene shifted know nothing of what lies beyond them, and this
// says so.
#pragma once

#include "operators/sampling/partial_isometry.h"

namespace restore {

class Crop : public PartialIsometry {
 public:
  // margin >= 0. Usage error when nothing is left.
  Crop(const Shape& scene, std::int64_t margin);

  torch::Tensor V(const torch::Tensor& coefficients) const override { return coefficients; }
  torch::Tensor Vt(const torch::Tensor& x) const override { return x; }
  torch::Tensor U(const torch::Tensor& coefficients) const override;
  torch::Tensor Ut(const torch::Tensor& y) const override;
  torch::Tensor singular_values() const override;
  // Continued by its edge pixels.
  torch::Tensor initial_estimate(const torch::Tensor& y) const override;
  Window scene_window(const Window& seen) const override;

 private:
  std::int64_t margin_;
};

}  // namespace restore
