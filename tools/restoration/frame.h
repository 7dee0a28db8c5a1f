// A scene and its measurement do not show the same rectangle, nor at the same size: what that means
// for the estimate's frame and for alpha.
#pragma once

#include <torch/types.h>

#include "librestore/model/operator.h"

namespace restore {

// The rectangle of the scene that the whole measurement shows.
Window seen_by(const Operator& A);

// Alpha (1 x 1 x h x w, or undefined) resized to height x width: as it is where the size agrees,
// else by bicubic interpolation in phase with the pictures', clamped to [0,1]; opaque stays opaque.
torch::Tensor resize_alpha(const torch::Tensor& alpha, std::int64_t height, std::int64_t width);

// The alpha of a measurement from its scene's, and the other way round for the part that shows.
torch::Tensor measured_alpha(const torch::Tensor& alpha, const Operator& A);
torch::Tensor restored_alpha(const torch::Tensor& alpha, const Operator& A);
// Of the whole scene: beyond what shows as at the edge of that.
torch::Tensor scene_alpha(const torch::Tensor& alpha, const Operator& A);

}  // namespace restore
