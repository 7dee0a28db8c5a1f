// Which pieces a picture is computed in.
#pragma once

#include <cstdint>
#include <vector>

#include "librestore/model/shape.h"

namespace restore {

struct Tile {
  Window core;    // computed by this tile alone; the cores partition the picture
  Window window;  // the core and its halo, cut at the picture's frame: what must be read
};

// Cores of about `core` x `core` pixels (all of one size to within `alignment`, smaller at the
// frame), windows at least `halo` pixels larger on every side. Windows start at multiples of
// `alignment`, and end at one unless the frame ends them. core >= 1, halo >= 0, alignment >= 1.
std::vector<Tile> plan_tiles(std::int64_t height, std::int64_t width, std::int64_t core,
                             std::int64_t halo, std::int64_t alignment);

}  // namespace restore
