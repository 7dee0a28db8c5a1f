#include "priors/neural/residual_stream.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "librestore/core/lanes.h"
#include "priors/neural/fused_kernels.h"
#include "priors/neural/fused_ops.h"

namespace restore {

const torch::Tensor& ResidualStream::in(torch::ScalarType type) {
  if (type == x_.scalar_type()) return x_;
  if (!rounding_.defined() || rounding_.scalar_type() != type) rounding_ = rounded(x_, type);
  return rounding_;
}

void ResidualStream::add(const torch::Tensor& h) {
  const auto format = at::MemoryFormat::ChannelsLast;
  const bool one_pass =
      !torch::GradMode::is_enabled() && x_.is_cpu() && rounding_.defined() &&
      x_.scalar_type() == torch::kFloat32 && rounding_.scalar_type() == torch::kBFloat16 &&
      h.scalar_type() == torch::kBFloat16 && x_.size(1) % kernels::kLanes == 0 &&
      x_.is_contiguous(format) && rounding_.is_contiguous(format) && h.is_contiguous(format);
  if (one_pass) {
    kernels::add_half_and_round(x_.numel(), x_.data_ptr<float>(), h.data_ptr(),
                                x_.data_ptr<float>(), rounding_.data_ptr());
    return;
  }
  rounding_.reset();
  x_ = add_residual(x_, h);
}

}  // namespace restore
