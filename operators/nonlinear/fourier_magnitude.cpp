#include "operators/nonlinear/fourier_magnitude.h"

#include <ATen/ATen.h>

#include "operators/nonlinear/hybrid_input_output.h"

namespace restore {

torch::Tensor FourierMagnitude::spectrum(const torch::Tensor& x) const {
  const std::vector<std::int64_t> grid{output_shape().height, output_shape().width};
  return at::fft_fft2(x, grid, {-2, -1}, "ortho");
}

torch::Tensor FourierMagnitude::do_apply(const torch::Tensor& x) const { return spectrum(x).abs(); }

torch::Tensor FourierMagnitude::do_vjp(const torch::Tensor& x, const torch::Tensor& v) const {
  const auto z = spectrum(x);
  const auto phase = at::sgn(z);  // z / |z|, 0 at 0
  const auto back = at::real(at::fft_ifft2(v * phase, c10::nullopt, {-2, -1}, "ortho"));
  return back.narrow(2, 0, input_shape().height).narrow(3, 0, input_shape().width).contiguous();
}

torch::Tensor FourierMagnitude::initial_estimate(const torch::Tensor& y) const {
  check_shape(y, output_shape(), "operator output");
  return retrieve_phase(y, input_shape());
}

Window FourierMagnitude::scene_window(const Window&) const {
  return {0, 0, input_shape().height, input_shape().width};
}

}  // namespace restore
