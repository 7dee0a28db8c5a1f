#include "librestore/tile/tile_plan.h"

#include <algorithm>

namespace restore {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Cuts [0, size) into the fewest equal parts of at most `core`, rounded up to the alignment.
std::vector<std::int64_t> cuts(std::int64_t size, std::int64_t core, std::int64_t alignment) {
  const std::int64_t count = (size + core - 1) / core;
  const std::int64_t step = round_up((size + count - 1) / count, alignment);
  std::vector<std::int64_t> positions;
  for (std::int64_t at = 0; at < size; at += step) positions.push_back(at);
  positions.push_back(size);
  return positions;
}

}  // namespace

std::vector<Tile> plan_tiles(std::int64_t height, std::int64_t width, std::int64_t core,
                             std::int64_t halo, std::int64_t alignment) {
  const auto rows = cuts(height, core, alignment), columns = cuts(width, core, alignment);
  const std::int64_t reach = round_up(halo, alignment);
  std::vector<Tile> tiles;
  for (std::size_t r = 0; r + 1 < rows.size(); ++r)
    for (std::size_t c = 0; c + 1 < columns.size(); ++c) {
      const auto inner = Window::between(rows[r], columns[c], rows[r + 1], columns[c + 1]);
      const auto outer = Window::between(
          std::max<std::int64_t>(0, inner.y0 - reach), std::max<std::int64_t>(0, inner.x0 - reach),
          std::min(height, inner.y1() + reach), std::min(width, inner.x1() + reach));
      tiles.push_back({inner, outer});
    }
  return tiles;
}

}  // namespace restore
