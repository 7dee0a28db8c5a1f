// Any other network: a TorchScript program, https://pytorch.org/docs/1.13/jit.html, whose forward
// is D itself.
//
//   def forward(self, x: Tensor, sigma: Tensor) -> Tensor
//   x: N x C x H x W, pixels in [0,1], float32; sigma: N, the noise's deviation in the same unit,
//   positive; returns the estimate of the clean picture, shaped as x.
// Attributes that it may have: channels (1 or 3; 3 when there is none), alignment (H and W are
// multiples of it; 1), receptive_field (radius in px; unbounded), sigma_min and sigma_max (trained
// levels).
//
// Unlike the other readers this one runs what the file says. TorchScript has neither files nor
// processes, but it was not made to be safe against those who wrote the file: load only what you
// trust.
#pragma once

#include <memory>

#include "librestore/model/denoiser.h"

namespace restore {

// Item error when libtorch cannot load it, it has no forward(x, sigma), or its attributes are out
// of range.
std::shared_ptr<const MmseDenoiser> load_script_denoiser(const std::filesystem::path& path,
                                                         const std::string& name);

}  // namespace restore
