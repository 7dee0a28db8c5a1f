// Where an inpainting has to compute: rectangles around the holes of a mask.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

#include "librestore/model/shape.h"

namespace restore {

struct HoleRegion {
  Window core;     // whose holes are filled from this region
  Window context;  // what is computed for that: the core and `margin` pixels around it, inside the
                   // picture
};

// `holes`: 1 x 1 x H x W bool, true where to fill. The cores are disjoint and hold every hole. The
// picture is cut along straight lines, each time where that saves most, and only where a line
// crosses holes no longer than a few pixels: next to such a crossing the known pixels on both
// sides, which both regions see, decide the filling. Depends on nothing but the mask and the
// margin.
std::vector<HoleRegion> hole_regions(const torch::Tensor& holes, std::int64_t margin);

}  // namespace restore
