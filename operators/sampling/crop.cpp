#include "operators/sampling/crop.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

Shape inside(const Shape& scene, std::int64_t margin) {
  const Shape seen{scene.channels, scene.height - 2 * margin, scene.width - 2 * margin};
  if (margin < 0 || seen.height < 1 || seen.width < 1)
    throw usage_error("a margin of {} leaves nothing of a picture of {}x{} (width x height)",
                      margin, scene.width, scene.height);
  return seen;
}

}  // namespace

Crop::Crop(const Shape& scene, std::int64_t margin)
    : PartialIsometry(scene, inside(scene, margin)), margin_(margin) {}

torch::Tensor Crop::U(const torch::Tensor& coefficients) const {
  return coefficients.narrow(2, margin_, output_shape().height)
      .narrow(3, margin_, output_shape().width)
      .contiguous();
}

torch::Tensor Crop::Ut(const torch::Tensor& y) const {
  return at::constant_pad_nd(y, {margin_, margin_, margin_, margin_});
}

torch::Tensor Crop::singular_values() const {
  return Ut(torch::ones(output_shape().batch(1), torch::kFloat64));
}

torch::Tensor Crop::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return at::replication_pad2d(y, {margin_, margin_, margin_, margin_});
}

Window Crop::scene_window(const Window& seen) const {
  return {seen.y0 + margin_, seen.x0 + margin_, seen.height, seen.width};
}

}  // namespace restore
