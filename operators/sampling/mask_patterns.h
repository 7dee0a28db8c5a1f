// Which pixels of a mask are missing: 1 x 1 x H x W, bool.
#pragma once

#include <cstdint>

#include <torch/types.h>

#include "librestore/model/shape.h"

namespace restore {

// Each pixel missing with probability `fraction`, all channels alike.
torch::Tensor random_missing(const Shape& shape, double fraction, std::uint64_t seed);
// A rectangle missing, cut off at the frame.
torch::Tensor box_missing(const Shape& shape, const Window& box);
// Every other square of size x size pixels missing, the one in the upper left corner kept.
torch::Tensor checker_missing(const Shape& shape, std::int64_t size);
// `count` bent scratches across the picture, each between a fifth and all of its diagonal long and
// between 1 and 3 pixels wide (on pictures of a megapixel; in proportion on larger ones).
torch::Tensor scratches_missing(const Shape& shape, std::int64_t count, std::uint64_t seed);

}  // namespace restore
