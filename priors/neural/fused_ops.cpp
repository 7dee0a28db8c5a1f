#include "priors/neural/fused_ops.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "librestore/core/lanes.h"
#include "priors/neural/fused_kernels.h"

namespace restore {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

torch::Tensor channels_last(const torch::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

torch::Tensor empty_channels_last(at::IntArrayRef sizes, torch::ScalarType type) {
  return torch::empty(
      sizes, torch::TensorOptions().dtype(type).memory_format(at::MemoryFormat::ChannelsLast));
}

bool has_kernel(const torch::Tensor& x, std::int64_t channels) {
  return x.is_cpu() && channels % kernels::kLanes == 0;
}

bool has_kernel_type(const torch::Tensor& x) {
  return x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16;
}

bool is_half_width(torch::ScalarType type) { return type == torch::kBFloat16; }

struct ChannelNorm : torch::autograd::Function<ChannelNorm> {
  static Variable forward(AutogradContext* context, const Variable& x_in, const Variable& scale_in,
                          const Variable& shift_in, torch::ScalarType out) {
    const auto x = channels_last(x_in), scale = scale_in.contiguous(),
               shift = shift_in.contiguous();
    const auto n = x.size(0), c = x.size(1), pixels = x.size(2) * x.size(3);
    auto y = empty_channels_last(x.sizes(), out);
    auto statistics = torch::empty({n * pixels, 2});  // mean, 1/deviation
    const kernels::NormShape shape{n, pixels, c};
    kernels::channel_norm_forward(shape, x.data_ptr<float>(), scale.data_ptr<float>(),
                                  shift.data_ptr<float>(), statistics.data_ptr<float>(),
                                  y.data_ptr(), is_half_width(out));
    context->save_for_backward({x, scale, statistics});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &scale = saved[1], &statistics = saved[2];
    const auto dy = channels_last(gradients[0]);
    const auto n = x.size(0), c = x.size(1), pixels = x.size(2) * x.size(3);
    auto dx = empty_channels_last(x.sizes(), torch::kFloat32);
    auto dscale = torch::zeros_like(scale), dshift = torch::zeros_like(scale);
    const kernels::NormShape shape{n, pixels, c};
    kernels::channel_norm_backward(shape, x.data_ptr<float>(), scale.data_ptr<float>(),
                                   statistics.data_ptr<float>(), dy.data_ptr(),
                                   is_half_width(dy.scalar_type()), dx.data_ptr<float>(),
                                   dscale.data_ptr<float>(), dshift.data_ptr<float>());
    return {dx, dscale, dshift, Variable()};
  }
};

struct Gate : torch::autograd::Function<Gate> {
  static Variable forward(AutogradContext* context, const Variable& x_in) {
    const auto x = channels_last(x_in);
    auto sizes = x.sizes().vec();
    sizes[1] /= 2;
    auto y = empty_channels_last(sizes, x.scalar_type());
    kernels::gate_forward(x.numel() / x.size(1), sizes[1], x.data_ptr(), y.data_ptr(),
                          is_half_width(x.scalar_type()));
    context->save_for_backward({x});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto x = context->get_saved_variables()[0];
    const auto dy = channels_last(gradients[0]);
    auto dx = empty_channels_last(x.sizes(), x.scalar_type());
    kernels::gate_backward(x.numel() / x.size(1), x.size(1) / 2, x.data_ptr(), dy.data_ptr(),
                           dx.data_ptr(), is_half_width(x.scalar_type()));
    return {dx};
  }
};

kernels::ScaledShape scaled_shape(const torch::Tensor& h) {
  return {h.size(0), h.size(2) * h.size(3), h.size(1)};
}

struct ScaledRelu : torch::autograd::Function<ScaledRelu> {
  static Variable forward(AutogradContext* context, const Variable& h_in, const Variable& scale_in,
                          const Variable& shift_in) {
    const auto h = channels_last(h_in), scale = scale_in.contiguous(),
               shift = shift_in.contiguous();
    auto y = empty_channels_last(h.sizes(), h.scalar_type());
    kernels::scaled_relu_forward(scaled_shape(h), h.data_ptr(), scale.data_ptr<float>(),
                                 shift.data_ptr<float>(), y.data_ptr(),
                                 is_half_width(h.scalar_type()));
    context->save_for_backward({h, scale, shift});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &h = saved[0], &scale = saved[1], &shift = saved[2];
    const auto dy = channels_last(gradients[0]);
    auto dh = empty_channels_last(h.sizes(), h.scalar_type());
    auto dscale = torch::zeros_like(scale), dshift = torch::zeros_like(shift);
    kernels::scaled_relu_backward(scaled_shape(h), h.data_ptr(), scale.data_ptr<float>(),
                                  shift.data_ptr<float>(), dy.data_ptr(), dh.data_ptr(),
                                  dscale.data_ptr<float>(), dshift.data_ptr<float>(),
                                  is_half_width(h.scalar_type()));
    return {dh, dscale, dshift};
  }
};

struct Rounded : torch::autograd::Function<Rounded> {
  static Variable forward(AutogradContext*, const Variable& x_in) {
    const auto x = channels_last(x_in);
    auto y = empty_channels_last(x.sizes(), torch::kBFloat16);
    kernels::to_half(x.numel(), x.data_ptr<float>(), y.data_ptr());
    return y;
  }

  static variable_list backward(AutogradContext*, variable_list gradients) {
    const auto dy = channels_last(gradients[0]);
    auto dx = empty_channels_last(dy.sizes(), torch::kFloat32);
    kernels::from_half(dy.numel(), dy.data_ptr(), dx.data_ptr<float>());
    return {dx};
  }
};

struct AddResidual : torch::autograd::Function<AddResidual> {
  static Variable forward(AutogradContext*, const Variable& x_in, const Variable& h_in) {
    const auto x = channels_last(x_in), h = channels_last(h_in);
    auto y = empty_channels_last(x.sizes(), torch::kFloat32);
    kernels::add_half(x.numel(), x.data_ptr<float>(), h.data_ptr(), y.data_ptr<float>());
    return y;
  }

  static variable_list backward(AutogradContext*, variable_list gradients) {
    const auto dy = channels_last(gradients[0]);
    auto dh = empty_channels_last(dy.sizes(), torch::kBFloat16);
    kernels::to_half(dy.numel(), dy.data_ptr<float>(), dh.data_ptr());
    return {dy, dh};
  }
};

kernels::ShuffleShape shuffle_shape(const torch::Tensor& x) {
  return {x.size(0), x.size(2) / 2, x.size(3) / 2, x.size(1)};
}

struct AddShuffled : torch::autograd::Function<AddShuffled> {
  static Variable forward(AutogradContext* context, const Variable& x_in, const Variable& h_in) {
    const auto x = channels_last(x_in), h = channels_last(h_in);
    auto y = empty_channels_last(x.sizes(), torch::kFloat32);
    const bool half = is_half_width(h.scalar_type());
    kernels::add_shuffled(shuffle_shape(x), x.data_ptr<float>(), h.data_ptr(), y.data_ptr<float>(),
                          half);
    context->saved_data["half"] = half;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto dy = channels_last(gradients[0]);
    const bool half = context->saved_data["half"].toBool();
    auto dh = empty_channels_last({dy.size(0), 4 * dy.size(1), dy.size(2) / 2, dy.size(3) / 2},
                                  half ? torch::kBFloat16 : torch::kFloat32);
    kernels::unshuffle(shuffle_shape(dy), dy.data_ptr<float>(), dh.data_ptr(), half);
    return {dy, dh};
  }
};

}  // namespace

torch::Tensor channel_norm_reference(const torch::Tensor& x, const torch::Tensor& scale,
                                     const torch::Tensor& shift, torch::ScalarType out) {
  const auto centred = x - x.mean(1, /*keepdim=*/true);
  const auto variance = centred.square().mean(1, /*keepdim=*/true);
  const auto per_channel = [](const torch::Tensor& v) { return v.unsqueeze(-1).unsqueeze(-1); };
  return (centred * (variance + kernels::kNormEpsilon).rsqrt() * (1 + per_channel(scale)) +
          per_channel(shift))
      .to(out);
}

torch::Tensor gate_reference(const torch::Tensor& x) {
  const auto halves = x.chunk(2, 1);
  return halves[0] * halves[1];
}

torch::Tensor scaled_relu_reference(const torch::Tensor& h, const torch::Tensor& scale,
                                    const torch::Tensor& shift) {
  const auto per_channel = [&](const torch::Tensor& v) {
    return v.to(h.scalar_type()).unsqueeze(-1).unsqueeze(-1);
  };
  return at::relu(at::addcmul(per_channel(shift), h, per_channel(1 + scale)));
}

torch::Tensor add_shuffled_reference(const torch::Tensor& x, const torch::Tensor& h) {
  const auto n = h.size(0), c = h.size(1) / 4, height = h.size(2), width = h.size(3);
  return x + h.view({n, 2, 2, c, height, width})
                 .permute({0, 3, 4, 1, 5, 2})
                 .reshape({n, c, 2 * height, 2 * width});
}

torch::Tensor channel_norm(const torch::Tensor& x, const torch::Tensor& scale,
                           const torch::Tensor& shift, torch::ScalarType out) {
  const bool fused = has_kernel(x, x.size(1)) && x.scalar_type() == torch::kFloat32 &&
                     (out == torch::kFloat32 || out == torch::kBFloat16);
  if (!fused) return channel_norm_reference(x, scale, shift, out);
  return ChannelNorm::apply(x, scale, shift, out);
}

torch::Tensor gate(const torch::Tensor& x) {
  return has_kernel(x, x.size(1) / 2) && has_kernel_type(x) ? Gate::apply(x) : gate_reference(x);
}

torch::Tensor scaled_relu(const torch::Tensor& h, const torch::Tensor& scale,
                          const torch::Tensor& shift) {
  const bool fused = has_kernel(h, h.size(1)) && has_kernel_type(h) &&
                     scale.scalar_type() == torch::kFloat32 && scale.size(0) == h.size(0);
  if (!fused) return scaled_relu_reference(h, scale, shift);
  if (torch::GradMode::is_enabled() || !h.is_contiguous(at::MemoryFormat::ChannelsLast))
    return ScaledRelu::apply(h, scale, shift);
  kernels::scaled_relu_forward(scaled_shape(h), h.data_ptr(), scale.contiguous().data_ptr<float>(),
                               shift.contiguous().data_ptr<float>(), h.data_ptr(),
                               is_half_width(h.scalar_type()));
  return h;
}

torch::Tensor rounded(const torch::Tensor& x, torch::ScalarType out) {
  const bool fused =
      has_kernel(x, x.size(1)) && x.scalar_type() == torch::kFloat32 && out == torch::kBFloat16;
  return fused ? Rounded::apply(x) : x.to(out);
}

torch::Tensor add_residual(const torch::Tensor& x, const torch::Tensor& h) {
  const bool fused = has_kernel(x, x.size(1)) && x.scalar_type() == torch::kFloat32 &&
                     h.scalar_type() == torch::kBFloat16 && h.sizes() == x.sizes();
  return fused ? AddResidual::apply(x, h) : x + h;
}

torch::Tensor add_shuffled(const torch::Tensor& x, const torch::Tensor& h) {
  const bool fused =
      has_kernel(x, x.size(1)) && x.scalar_type() == torch::kFloat32 && has_kernel_type(h);
  if (!fused) return add_shuffled_reference(x, h);
  if (torch::GradMode::is_enabled() || !x.is_contiguous(at::MemoryFormat::ChannelsLast))
    return AddShuffled::apply(x, h);
  const auto cells = channels_last(h);
  kernels::add_shuffled(shuffle_shape(x), x.data_ptr<float>(), cells.data_ptr(),
                        x.data_ptr<float>(), is_half_width(h.scalar_type()));
  return x;
}

}  // namespace restore
