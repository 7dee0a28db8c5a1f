// Which pieces a picture is computed in.
#pragma once

#include <cstdint>
#include <vector>

namespace restore {

// Half-open rectangle in pixels.
struct Region {
  std::int64_t y0 = 0, x0 = 0, y1 = 0, x1 = 0;

  std::int64_t height() const { return y1 - y0; }
  std::int64_t width() const { return x1 - x0; }
  bool operator==(const Region&) const = default;
};

struct Tile {
  Region core;    // computed by this tile alone; the cores partition the picture
  Region window;  // the core and its halo, cut at the picture's frame: what must be read
};

// Cores of about `core` x `core` pixels (all of one size to within `alignment`, smaller at the
// frame), windows at least `halo` pixels larger on every side. Windows start at multiples of
// `alignment`, and end at one unless the frame ends them. core >= 1, halo >= 0, alignment >= 1.
std::vector<Tile> plan_tiles(std::int64_t height, std::int64_t width, std::int64_t core,
                             std::int64_t halo, std::int64_t alignment);

}  // namespace restore
