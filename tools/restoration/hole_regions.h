// Where an inpainting has to compute: rectangles around the holes of a mask.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace restore {

// Rows [top, bottom) and columns [left, right) of a picture.
struct Box {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;

  std::int64_t height() const { return bottom - top; }
  std::int64_t width() const { return right - left; }
  std::int64_t area() const { return height() * width(); }
  bool operator==(const Box&) const = default;
};

// The box of a ... x H x W tensor, as a view.
torch::Tensor crop(const torch::Tensor& x, const Box& box);

struct HoleRegion {
  Box core;     // whose holes are filled from this region
  Box context;  // what is computed for that: the core and `margin` pixels around it, inside the
                // picture
};

// `holes`: 1 x 1 x H x W bool, true where to fill. The cores are disjoint and hold every hole. The
// picture is cut along straight lines, each time where that saves most, and only where a line
// crosses holes no longer than a few pixels: next to such a crossing the known pixels on both
// sides, which both regions see, decide the filling. Depends on nothing but the mask and the
// margin.
std::vector<HoleRegion> hole_regions(const torch::Tensor& holes, std::int64_t margin);

}  // namespace restore
