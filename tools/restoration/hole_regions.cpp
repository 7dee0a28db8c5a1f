#include "tools/restoration/hole_regions.h"

#include <algorithm>
#include <optional>

#include <ATen/ops/max_pool2d.h>

namespace restore {
namespace {

constexpr std::int64_t kCell = 8;             // pixels; cuts run between cells
constexpr std::int64_t kLongestCrossing = 3;  // open cells in a row that a cut may go through
constexpr double kWorthwhile = 0.8;           // a cut must bring the pixels to compute down to this

bool is_empty(const Window& window) { return window.height <= 0; }

Window united(const Window& a, const Window& b) {
  if (is_empty(a)) return b;
  if (is_empty(b)) return a;
  return Window::between(std::min(a.y0, b.y0), std::min(a.x0, b.x0), std::max(a.y1(), b.y1()),
                         std::max(a.x1(), b.x1()));
}

// The mask at the resolution of cells: a cell is open when it holds a hole.
class CellGrid {
 public:
  explicit CellGrid(const torch::Tensor& holes)
      : open_(at::max_pool2d(holes.to(torch::kFloat32), {kCell, kCell}, {}, 0, 1, true)
                  .to(torch::kBool)
                  .contiguous()),
        cells_(open_.data_ptr<bool>()) {}

  Window bounds() const { return {0, 0, open_.size(2), open_.size(3)}; }
  bool open(std::int64_t row, std::int64_t column) const {
    return cells_[row * open_.size(3) + column];
  }

 private:
  torch::Tensor open_;
  const bool* cells_;
};

// A window of cells seen as a stack of lines: its rows, or its columns.
class Lines {
 public:
  Lines(const CellGrid& grid, const Window& cells, bool rows)
      : grid_(grid), cells_(cells), rows_(rows) {}

  std::int64_t count() const { return rows_ ? cells_.height : cells_.width; }
  // The open cells of one line.
  Window extent(std::int64_t line) const;
  // Whether a cut before `line` goes through short rows of open cells only.
  bool may_cut(std::int64_t line) const;

 private:
  std::int64_t length() const { return rows_ ? cells_.width : cells_.height; }
  bool open(std::int64_t line, std::int64_t i) const {
    return rows_ ? grid_.open(cells_.y0 + line, cells_.x0 + i)
                 : grid_.open(cells_.y0 + i, cells_.x0 + line);
  }

  const CellGrid& grid_;
  Window cells_;
  bool rows_;
};

Window Lines::extent(std::int64_t line) const {
  std::int64_t begin = 0, end = length();
  while (begin < end && !open(line, begin)) ++begin;
  while (end > begin && !open(line, end - 1)) --end;
  if (begin == end) return {};
  return rows_ ? Window{cells_.y0 + line, cells_.x0 + begin, 1, end - begin}
               : Window{cells_.y0 + begin, cells_.x0 + line, end - begin, 1};
}

bool Lines::may_cut(std::int64_t line) const {
  std::int64_t crossing = 0;
  for (std::int64_t i = 0; i < length(); ++i) {
    crossing = open(line - 1, i) && open(line, i) ? crossing + 1 : 0;
    if (crossing > kLongestCrossing) return false;
  }
  return true;
}

struct Halves {
  Window first, second;  // shrunk to their open cells
};

class Cutter {
 public:
  Cutter(const CellGrid& grid, const Window& picture, std::int64_t margin)
      : grid_(grid), picture_(picture), margin_(margin) {}

  // Cuts `cells` as long as that pays and appends what is left.
  void cut(const Window& cells, std::vector<HoleRegion>& regions) const;

 private:
  HoleRegion region(const Window& cells) const;
  std::int64_t cost(const Window& cells) const {
    return is_empty(cells) ? 0 : region(cells).context.area();
  }
  void try_cuts(const Lines& lines, std::int64_t& smallest, std::optional<Halves>& best) const;

  const CellGrid& grid_;
  Window picture_;
  std::int64_t margin_;
};

HoleRegion Cutter::region(const Window& cells) const {
  const auto grown = [&](std::int64_t by) {
    return Window::between(std::max(cells.y0 * kCell - by, picture_.y0),
                           std::max(cells.x0 * kCell - by, picture_.x0),
                           std::min(cells.y1() * kCell + by, picture_.y1()),
                           std::min(cells.x1() * kCell + by, picture_.x1()));
  };
  return {grown(0), grown(margin_)};
}

// What lies before and after every cut, from running unions: time is linear in the cells.
void Cutter::try_cuts(const Lines& lines, std::int64_t& smallest,
                      std::optional<Halves>& best) const {
  const auto count = lines.count();
  std::vector<Window> after(static_cast<std::size_t>(count) + 1);
  for (auto line = count - 1; line >= 0; --line)
    after[line] = united(after[line + 1], lines.extent(line));
  Window before;
  for (std::int64_t line = 1; line < count; ++line) {
    before = united(before, lines.extent(line - 1));
    const auto total = cost(before) + cost(after[line]);
    if (total >= smallest || !lines.may_cut(line)) continue;
    smallest = total;
    best = Halves{before, after[line]};
  }
}

void Cutter::cut(const Window& cells, std::vector<HoleRegion>& regions) const {
  auto smallest = static_cast<std::int64_t>(kWorthwhile * static_cast<double>(cost(cells)));
  std::optional<Halves> best;
  try_cuts({grid_, cells, true}, smallest, best);
  try_cuts({grid_, cells, false}, smallest, best);
  if (!best) {
    regions.push_back(region(cells));
    return;
  }
  cut(best->first, regions);
  cut(best->second, regions);
}

}  // namespace

std::vector<HoleRegion> hole_regions(const torch::Tensor& holes, std::int64_t margin) {
  const CellGrid grid(holes);
  Window open;
  const Lines rows(grid, grid.bounds(), true);
  for (std::int64_t row = 0; row < rows.count(); ++row) open = united(open, rows.extent(row));
  std::vector<HoleRegion> regions;
  const Window picture{0, 0, holes.size(2), holes.size(3)};
  if (!is_empty(open)) Cutter(grid, picture, margin).cut(open, regions);
  return regions;
}

}  // namespace restore
