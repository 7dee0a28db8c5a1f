#include "tools/restoration/frame.h"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/replication_pad2d.h>

namespace restore {

Window seen_by(const Operator& A) {
  const auto& shape = A.output_shape();
  return A.scene_window({0, 0, shape.height, shape.width});
}

torch::Tensor resize_alpha(const torch::Tensor& alpha, std::int64_t height, std::int64_t width) {
  if (!alpha.defined() || (alpha.size(2) == height && alpha.size(3) == width)) return alpha;
  // In double the weights of a pixel add up to 1 within float's rounding.
  return at::_upsample_bicubic2d_aa(alpha.to(torch::kFloat64), {height, width}, false)
      .to(alpha.scalar_type())
      .clamp(0, 1);
}

torch::Tensor measured_alpha(const torch::Tensor& alpha, const Operator& A) {
  if (!alpha.defined()) return alpha;
  return resize_alpha(cut(alpha, seen_by(A)), A.output_shape().height, A.output_shape().width);
}

torch::Tensor restored_alpha(const torch::Tensor& alpha, const Operator& A) {
  const auto window = seen_by(A);
  return resize_alpha(alpha, window.height, window.width);
}

torch::Tensor scene_alpha(const torch::Tensor& alpha, const Operator& A) {
  if (!alpha.defined()) return alpha;
  const auto window = seen_by(A);
  const auto& scene = A.input_shape();
  return at::replication_pad2d(restored_alpha(alpha, A), {window.x0, scene.width - window.x1(),
                                                          window.y0, scene.height - window.y1()});
}

}  // namespace restore
