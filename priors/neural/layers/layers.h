// The layers of a network, looked up by the names of their weights while it runs.
#pragma once

#include <string>

#include <ATen/ATen.h>
#include <c10/util/Optional.h>

#include "priors/neural/layers/convolution.h"
#include "priors/tensor_file/safetensors.h"

namespace restore {

class Layers {
 public:
  explicit Layers(const NamedTensors& weights) : weights_(weights) {}

  // NAME.weight: C_out x C_in/groups x k x k; NAME.bias: C_out, or none.
  torch::Tensor convolution(const std::string& name, const torch::Tensor& x, int stride = 1,
                            int padding = 0, std::int64_t groups = 1, int dilation = 1) const {
    return convolve(x, weight(name), bias(name), {stride, padding, groups, dilation});
  }
  // The adjoint of a convolution with this stride and without padding. NAME.weight: C_in x C_out x
  // k x k.
  torch::Tensor transposed_convolution(const std::string& name, const torch::Tensor& x,
                                       int stride) const {
    return at::conv_transpose2d(x, weight(name), bias(name), stride);
  }
  // The same linear map at every pixel, however its weights were stored: C_out x C_in x 1 x 1,
  // Conv1d's C_out x C_in x 1 or C_out x C_in.
  torch::Tensor pointwise(const std::string& name, const torch::Tensor& x) const {
    const auto w = weight(name).view({weight(name).size(0), weight(name).size(1), 1, 1});
    return convolve(x, w, bias(name), {});
  }
  torch::Tensor linear(const std::string& name, const torch::Tensor& x) const {
    return at::linear(x, weight(name), bias(name));
  }
  bool has(const std::string& name) const { return weights_.contains(name + ".weight"); }
  const torch::Tensor& weight(const std::string& name) const { return tensor(name + ".weight"); }
  const torch::Tensor& tensor(const std::string& name) const { return weights_.at(name); }
  c10::optional<torch::Tensor> bias(const std::string& name) const {
    const auto found = weights_.find(name + ".bias");
    if (found == weights_.end()) return c10::nullopt;
    return found->second;
  }
  torch::ScalarType type(const std::string& name) const { return weight(name).scalar_type(); }

 private:
  const NamedTensors& weights_;
};

}  // namespace restore
