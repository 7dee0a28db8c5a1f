// Pictures continued beyond their frame.
#pragma once

#include <torch/types.h>

namespace restore {

// `x` with `margin` >= 0 more pixels on all four sides, mirrored at the frame (the frame's pixels
// come twice) and mirrored again where the picture is smaller than the margin: any H, W >= 1.
torch::Tensor mirror_pad(const torch::Tensor& x, std::int64_t margin);

}  // namespace restore
