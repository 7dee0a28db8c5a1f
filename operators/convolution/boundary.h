// What lies beyond the frame of a picture, along one axis at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/types.h>

namespace restore {

enum class Boundary {
  circular,   // b c d | a b c d | a b c: what the discrete Fourier transform assumes
  reflect,    // b a | a b c d | d c: half-sample symmetric, the edge pixel twice, as "mirror" of
              // OpenImageIO and ImageMagick, "reflect" of SciPy, "symmetric" of MATLAB
  replicate,  // a a | a b c d | d d
  valid,      // unknown: nothing is invented, so the scene is larger than what is measured
};

// "circular", "reflect", "replicate", "valid" or its other name "unknown"; usage error otherwise.
Boundary parse_boundary(const std::string& name);
std::string to_string(Boundary boundary);

// An axis of n pixels seen through a frame that is `before` larger at its beginning and `after` at
// its end: position t of the extended axis shows pixel source[t]; -1 shows 0.
struct AxisExtension {
  std::int64_t size = 0;  // n
  std::int64_t before = 0;
  std::vector<std::int64_t> source;  // n + before + after
};

// circular, reflect, replicate; any reach, several times around included.
AxisExtension extend_axis(Boundary boundary, std::int64_t n, std::int64_t before,
                          std::int64_t after);
AxisExtension extend_with_zeros(std::int64_t n, std::int64_t before, std::int64_t after);

// The transpose of the extension: N x C x rows.source x columns.source -> N x C x rows.size x
// columns.size, every extended position added to the pixel it shows. `extended` is contiguous
// and used up: the result lies in its memory.
torch::Tensor fold(torch::Tensor&& extended, const AxisExtension& rows,
                   const AxisExtension& columns);

}  // namespace restore
