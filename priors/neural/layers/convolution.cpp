#include "priors/neural/layers/convolution.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/grad_mode.h>

namespace restore {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

torch::Tensor plain_convolution(const torch::Tensor& x, const torch::Tensor& weight,
                                const c10::optional<torch::Tensor>& bias,
                                const ConvolutionShape& shape) {
  const auto [stride, padding, groups, dilation] = shape;
  // By itself libtorch leaves a 1x1 kernel on one thread to the BLAS: 14 times slower with Debian's
  // reference BLAS, and other bits than on two threads.
  if (x.is_cpu() && x.scalar_type() == torch::kFloat32 && at::hasMKLDNN())
    return at::mkldnn_convolution(x, weight, bias, {padding, padding}, {stride, stride},
                                  {dilation, dilation}, groups);
  return at::conv2d(x, weight, bias, stride, padding, dilation, groups);
}

// groups x C_out/groups x C_in/groups x k x k, the kernels turned and their channels exchanged.
torch::Tensor turned(const torch::Tensor& weight, std::int64_t groups) {
  const auto k = weight.size(2), outputs = weight.size(0) / groups, inputs = weight.size(1);
  return weight.view({groups, outputs, inputs, k, k})
      .transpose(1, 2)
      .flip({3, 4})
      .reshape({groups * inputs, outputs, k, k});
}

// The weights are constants.
struct FixedConvolution : torch::autograd::Function<FixedConvolution> {
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight,
                          const c10::optional<torch::Tensor>& bias, const ConvolutionShape& shape) {
    context->save_for_backward({weight});
    context->saved_data["format"] = static_cast<std::int64_t>(x.suggest_memory_format());
    context->saved_data["padding"] = shape.padding;
    context->saved_data["groups"] = shape.groups;
    context->saved_data["dilation"] = shape.dilation;
    return plain_convolution(x, weight, bias, shape);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto& kept = context->saved_data;
    const ConvolutionShape shape{1, static_cast<int>(kept["padding"].toInt()),
                                 kept["groups"].toInt(),
                                 static_cast<int>(kept["dilation"].toInt())};
    const auto weight = turned(context->get_saved_variables()[0], shape.groups);
    // In the order of x: a plain gradient would pass through the network in that order, and slowly.
    const auto dy = gradients[0].contiguous(static_cast<at::MemoryFormat>(kept["format"].toInt()));
    return {plain_convolution(dy, weight, c10::nullopt, shape), Variable(), Variable(), Variable()};
  }
};

bool keeps_size(const torch::Tensor& weight, const ConvolutionShape& shape) {
  return shape.stride == 1 && weight.size(2) == weight.size(3) &&
         2 * std::int64_t{shape.padding} == shape.dilation * (weight.size(2) - 1);
}

}  // namespace

torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                       const c10::optional<torch::Tensor>& bias, const ConvolutionShape& shape) {
  const bool fixed = !weight.requires_grad() && !(bias && bias->requires_grad());
  if (torch::GradMode::is_enabled() && x.requires_grad() && fixed && keeps_size(weight, shape))
    return FixedConvolution::apply(x, weight, bias, shape);
  return plain_convolution(x, weight, bias, shape);
}

}  // namespace restore
