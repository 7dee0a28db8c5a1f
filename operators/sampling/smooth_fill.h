// Fills holes smoothly by a pyramid: known pixels are averaged with their weights from level to
// level until no hole is left, and on the way back each level takes from the coarser one what it
// lacks. Gortler, Grzeszczuk, Szeliski, Cohen 1996, "The Lumigraph" (section 3.3, pull-push);
// https://doi.org/10.1145/237170.237200
#pragma once

#include <torch/types.h>

namespace restore {

// x: N x C x H x W; missing: bool, 1 x 1 x H x W or 1 x C x H x W, at least one pixel known (in
// every channel). Known pixels come back as they are, the others as averages of known ones; what x
// holds there does not matter.
torch::Tensor smooth_fill(const torch::Tensor& x, const torch::Tensor& missing);

}  // namespace restore
