#include "operators/convolution/correlation.h"

#include <ATen/ATen.h>

#include "librestore/core/parallel.h"
#include "operators/numeric/fourier.h"
#include "operators/numeric/row_kernels.h"

namespace restore {
namespace {

// Tiles of the direct way: with the margins of a 25 x 25 kernel they fit a second-level cache.
constexpr std::int64_t kDirectRows = 64, kDirectColumns = 512;
// Separable: as many rows as the kernel has fit it, and few are read twice.
constexpr std::int64_t kSeparableRows = 128, kSeparableColumns = 4096;

// A rectangle of the output.
struct Tile {
  std::int64_t y = 0, x = 0, height = 0, width = 0;
};

struct TileGrid {
  std::int64_t height, width, tile_height, tile_width;

  std::int64_t rows() const { return (height + tile_height - 1) / tile_height; }
  std::int64_t columns() const { return (width + tile_width - 1) / tile_width; }
  Tile tile(std::int64_t index) const {
    const std::int64_t y = index / columns() * tile_height, x = index % columns() * tile_width;
    return {y, x, std::min(tile_height, height - y), std::min(tile_width, width - x)};
  }
};

// Calls body(plane of x, plane of z, tile) for every tile of every plane, in parallel.
template <typename T, typename Body>
void for_each_tile(const torch::Tensor& x, torch::Tensor& z, const TileGrid& grid,
                   const Body& body) {
  const std::int64_t tiles = grid.rows() * grid.columns(), planes = x.size(0) * x.size(1);
  const std::int64_t in_plane = x.size(2) * x.size(3), out_plane = z.size(2) * z.size(3);
  const T* in = x.data_ptr<T>();
  T* out = z.data_ptr<T>();
  parallel_ranges(planes * tiles, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      body(in + i / tiles * in_plane, out + i / tiles * out_plane, grid.tile(i % tiles));
  });
}

// Columns [x, x + width) of an extended row.
template <typename T>
void gather_row(const T* row, const AxisExtension& columns, std::int64_t x, std::int64_t width,
                T* out) {
  // Inside the frame the extended row is the row itself.
  const std::int64_t inside = std::clamp<std::int64_t>(columns.before - x, 0, width);
  const std::int64_t past =
      std::clamp<std::int64_t>(columns.before + columns.size - x, inside, width);
  const auto outside = [&](std::int64_t t) {
    const std::int64_t source = columns.source[static_cast<std::size_t>(x + t)];
    return source < 0 ? T{0} : row[source];
  };
  for (std::int64_t t = 0; t < inside; ++t) out[t] = outside(t);
  if (inside < past) std::copy_n(row + (x + inside - columns.before), past - inside, out + inside);
  for (std::int64_t t = past; t < width; ++t) out[t] = outside(t);
}

// The extended rectangle (y, x, height, width) of a plane, its rows `stride` apart.
template <typename T>
void gather(const T* plane, const AxisExtension& rows, const AxisExtension& columns,
            const Tile& area, T* out, std::int64_t stride) {
  for (std::int64_t i = 0; i < area.height; ++i, out += stride) {
    const std::int64_t source = rows.source[static_cast<std::size_t>(area.y + i)];
    if (source < 0) {
      std::fill_n(out, area.width, T{0});
    } else {
      gather_row(plane + source * columns.size, columns, area.x, area.width, out);
    }
  }
}

Tile with_margins(const Tile& tile, std::int64_t kh, std::int64_t kw) {
  return {tile.y, tile.x, tile.height + kh - 1, tile.width + kw - 1};
}

// Where in the kernel the nonzero weights are.
template <typename T>
struct Taps {
  std::vector<std::int64_t> rows, columns;
  std::vector<T> weights;

  explicit Taps(const torch::Tensor& kernel) {
    const auto w = kernel.accessor<double, 2>();
    for (std::int64_t a = 0; a < w.size(0); ++a)
      for (std::int64_t b = 0; b < w.size(1); ++b)
        if (w[a][b] != 0) add(a, b, w[a][b]);
  }
  void add(std::int64_t a, std::int64_t b, double weight) {
    rows.push_back(a);
    columns.push_back(b);
    weights.push_back(static_cast<T>(weight));
  }
  std::int64_t count() const { return static_cast<std::int64_t>(weights.size()); }

  // out(i, :) = sum over the taps of rows of `in` at row i.
  void sum_row(const T* in, std::int64_t stride, std::int64_t i, std::int64_t width, T* out) const {
    std::vector<const T*> sources(weights.size());
    for (std::size_t t = 0; t < sources.size(); ++t)
      sources[t] = in + (i + rows[t]) * stride + columns[t];
    weighted_sum(sources.data(), weights.data(), count(), width, out);
  }
};

template <typename T>
void correlate_direct(const torch::Tensor& x, torch::Tensor& z, const torch::Tensor& weights,
                      const AxisExtension& rows, const AxisExtension& columns) {
  const Taps<T> taps(weights);
  const std::int64_t out_width = z.size(3);
  const TileGrid grid{z.size(2), out_width, kDirectRows, kDirectColumns};
  for_each_tile<T>(x, z, grid, [&](const T* in, T* out, const Tile& tile) {
    const Tile area = with_margins(tile, weights.size(0), weights.size(1));
    const std::int64_t stride = area.width;
    std::vector<T> window(static_cast<std::size_t>(area.height * stride));
    gather(in, rows, columns, area, window.data(), stride);
    for (std::int64_t i = 0; i < tile.height; ++i)
      taps.sum_row(window.data(), stride, i, tile.width, out + (tile.y + i) * out_width + tile.x);
  });
}

// A factor of a separable kernel as sliding_sums() takes it, without the zeros at its ends.
template <typename T>
struct Factor {
  std::int64_t first, taps;
  std::vector<T> padded;

  explicit Factor(const torch::Tensor& weights) {
    const auto w = weights.accessor<double, 1>();
    std::int64_t last = w.size(0) - 1;
    for (first = 0; first < last && w[first] == 0;) ++first;
    while (last > first && w[last] == 0) --last;
    taps = last - first + 1;
    padded.assign(static_cast<std::size_t>(taps + 2 * (kWindows - 1)), T{0});
    for (std::int64_t t = 0; t < taps; ++t)
      padded[static_cast<std::size_t>(kWindows - 1 + t)] = static_cast<T>(w[first + t]);
  }
};

// The columns of the frame that columns [x, x + width) of the extension come from: the first, and
// how many.
std::pair<std::int64_t, std::int64_t> sources_of(const AxisExtension& columns, std::int64_t x,
                                                 std::int64_t width) {
  std::int64_t least = columns.size, most = -1;
  for (std::int64_t t = x; t < x + width; ++t)
    if (const auto source = columns.source[static_cast<std::size_t>(t)]; source >= 0) {
      least = std::min(least, source);
      most = std::max(most, source);
    }
  return most < 0 ? std::pair{std::int64_t{0}, std::int64_t{0}}
                  : std::pair{least, most - least + 1};
}

// Down first, from the picture itself into a few rows in the nearest cache, then across those: an
// extension along the rows of sums is the sums of the extension.
template <typename T>
void correlate_separable(const torch::Tensor& x, torch::Tensor& z, const RankOne& factors,
                         const AxisExtension& rows, const AxisExtension& columns) {
  const Factor<T> down(factors.u);
  const Taps<T> across(factors.v.unsqueeze(0));
  const std::int64_t out_width = z.size(3), stacked = down.taps + kWindows - 1;
  const TileGrid grid{z.size(2), out_width, kSeparableRows, kSeparableColumns};
  const auto nothing = torch::zeros({columns.size}, x.options());  // a row beyond the frame
  for_each_tile<T>(x, z, grid, [&](const T* in, T* out, const Tile& tile) {
    const Tile area = with_margins(tile, factors.u.size(0), factors.v.size(0));
    const auto [first, count] = sources_of(columns, area.x, area.width);
    const bool inside =
        area.x >= columns.before && area.x + area.width <= columns.before + columns.size;
    auto sums = torch::empty({kWindows, count}, x.options());
    auto line = torch::empty({area.width}, x.options());
    std::vector<const T*> stack(static_cast<std::size_t>(stacked));
    T* summed[kWindows];
    for (std::int64_t j = 0; j < kWindows; ++j) summed[j] = sums.data_ptr<T>() + j * count;
    for (std::int64_t i = 0; i < tile.height; i += kWindows) {
      for (std::int64_t r = 0; r < stacked; ++r) {
        // Windows past the last row are summed over something and not used.
        const std::int64_t at = std::min(down.first + i + r, area.height - 1);
        const std::int64_t source = rows.source[static_cast<std::size_t>(area.y + at)];
        stack[static_cast<std::size_t>(r)] =
            (source < 0 ? nothing.data_ptr<T>() : in + source * columns.size) + first;
      }
      sliding_sums(stack.data(), down.padded.data(), down.taps, count, summed);
      for (std::int64_t j = 0; j < std::min(kWindows, tile.height - i); ++j) {
        if (!inside) gather_row(summed[j] - first, columns, area.x, area.width, line.data_ptr<T>());
        across.sum_row(inside ? summed[j] : line.data_ptr<T>(), 0, 0, tile.width,
                       out + (tile.y + i + j) * out_width + tile.x);
      }
    }
  });
}

// a *= b for complex numbers laid out as pairs.
template <typename T>
void multiply(T* a, const T* b, std::int64_t count) {
  for (std::int64_t i = 0; i < 2 * count; i += 2) {
    const T re = a[i] * b[i] - a[i + 1] * b[i + 1];
    a[i + 1] = a[i] * b[i + 1] + a[i + 1] * b[i];
    a[i] = re;
  }
}

// Overlap-save: on a tile the circular correlation is the wanted one except in the last k - 1 rows
// and columns, which are dropped. `spectrum` is the conjugate transform of the weights.
template <typename T>
void correlate_fourier(const torch::Tensor& x, torch::Tensor& z, const torch::Tensor& weights,
                       const torch::Tensor& spectrum, const CorrelationPlan& plan,
                       const AxisExtension& rows, const AxisExtension& columns) {
  const std::int64_t kh = weights.size(0), kw = weights.size(1), out_width = z.size(3);
  const std::vector<std::int64_t> size{plan.tile_height, plan.tile_width};
  const TileGrid grid{z.size(2), out_width, size[0] - kh + 1, size[1] - kw + 1};
  const T* const k = reinterpret_cast<const T*>(spectrum.data_ptr());
  for_each_tile<T>(x, z, grid, [&](const T* in, T* out, const Tile& tile) {
    const Tile area = with_margins(tile, kh, kw);
    auto window = torch::empty(size, x.options());
    const bool full = area.height == size[0] && area.width == size[1];
    if (!full) std::fill_n(window.data_ptr<T>(), window.numel(), T{0});
    gather(in, rows, columns, area, window.data_ptr<T>(), size[1]);
    auto product = at::fft_rfft2(window).contiguous();
    multiply(reinterpret_cast<T*>(product.data_ptr()), k, product.numel());
    const auto sums = at::fft_irfft2(product, size).contiguous();
    for (std::int64_t i = 0; i < tile.height; ++i)
      std::copy_n(sums.data_ptr<T>() + i * size[1], tile.width,
                  out + (tile.y + i) * out_width + tile.x);
  });
}

}  // namespace

Correlation::Correlation(torch::Tensor weights, AxisExtension rows, AxisExtension columns,
                         std::optional<CorrelationPlan::Way> way)
    : weights_(std::move(weights)),
      rows_(std::move(rows)),
      columns_(std::move(columns)),
      out_height_(static_cast<std::int64_t>(rows_.source.size()) - weights_.size(0) + 1),
      out_width_(static_cast<std::int64_t>(columns_.source.size()) - weights_.size(1) + 1),
      plan_(plan_correlation(weights_, out_height_, out_width_, way)) {
  if (plan_.way == CorrelationPlan::Way::separable) factors_ = split_rank_one(weights_);
  if (plan_.way == CorrelationPlan::Way::fourier)
    spectrum_ = PerType([kernel = weights_, plan = plan_] {
      return half_spectrum(kernel, plan.tile_height, plan.tile_width).conj().resolve_conj();
    });
}

torch::Tensor Correlation::operator()(const torch::Tensor& x) const {
  const auto in = x.contiguous();
  auto z = torch::empty({x.size(0), x.size(1), out_height_, out_width_}, x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "correlation", [&] {
    switch (plan_.way) {
      case CorrelationPlan::Way::direct:
        return correlate_direct<scalar_t>(in, z, weights_, rows_, columns_);
      case CorrelationPlan::Way::separable:
        return correlate_separable<scalar_t>(in, z, *factors_, rows_, columns_);
      case CorrelationPlan::Way::fourier:
        return correlate_fourier<scalar_t>(in, z, weights_, spectrum_.in(x.scalar_type()), plan_,
                                           rows_, columns_);
    }
  });
  return z;
}

}  // namespace restore
