#include "operators/sampling/hadamard_sampling.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "operators/numeric/hadamard.h"

namespace restore {
namespace {

Shape kept_shape(const Shape& scene, std::int64_t rows) {
  if (rows < 1 || rows > scene.height)
    throw usage_error("{} rows of coefficients of a picture that has {} rows", rows, scene.height);
  return {scene.channels, rows, scene.width};
}

torch::Tensor flip(const torch::Tensor& x, const torch::Tensor& flipped) {
  return torch::where(flipped, -x, x);
}

torch::Tensor hadamard(torch::Tensor x) {
  auto rows = x.view({x.size(0) * x.size(1), x.size(2) * x.size(3)});
  hadamard_rows(rows);
  return x;
}

}  // namespace

HadamardSampling::HadamardSampling(const Shape& scene, std::int64_t rows, std::uint64_t seed)
    : PlanewiseIsometry(scene, kept_shape(scene, rows)) {
  Rng rng(seed);
  flipped_ = rand(rng, {1, scene.height, scene.width}) < 0.5;
  const auto score = rand(rng, {1, scene.height, scene.width}).flatten();
  const auto order = std::get<1>(at::sort(score, /*stable=*/true, 0, /*descending=*/false));
  kept_ = std::get<0>(order.narrow(0, 0, rows * scene.width).sort());
}

torch::Tensor HadamardSampling::Vt(const torch::Tensor& x) const {
  return hadamard(flip(x, flipped_).contiguous());
}

torch::Tensor HadamardSampling::V(const torch::Tensor& coefficients) const {
  return flip(hadamard(coefficients.contiguous().clone()), flipped_);
}

torch::Tensor HadamardSampling::U(const torch::Tensor& coefficients) const {
  return coefficients.flatten(2).index_select(2, kept_).view(
      {coefficients.size(0), coefficients.size(1), output_shape().height, output_shape().width});
}

torch::Tensor HadamardSampling::Ut(const torch::Tensor& y) const {
  auto coefficients =
      torch::zeros({y.size(0), y.size(1), input_shape().height, input_shape().width}, y.options());
  coefficients.view({y.size(0), y.size(1), -1}).index_copy_(2, kept_, y.flatten(2));
  return coefficients;
}

torch::Tensor HadamardSampling::singular_values() const {
  return Ut(torch::ones(output_shape().batch(1), torch::kFloat64));
}

torch::Tensor HadamardSampling::initial_estimate(const torch::Tensor& y) const {
  return adjoint(y) *
         (static_cast<double>(input_shape().height) / static_cast<double>(output_shape().height));
}

Window HadamardSampling::scene_window(const Window&) const {
  return {0, 0, input_shape().height, input_shape().width};
}

}  // namespace restore
