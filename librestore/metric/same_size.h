// What every full-reference metric asks of its two pictures.
#pragma once

#include <torch/types.h>

namespace restore {

// Throws an item error with both sizes unless the two are 1 x C x H x W of the same size, not
// empty.
void check_same_size(const torch::Tensor& reference, const torch::Tensor& image);

}  // namespace restore
