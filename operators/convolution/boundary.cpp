#include "operators/convolution/boundary.h"

#include <array>
#include <cstring>

#include "librestore/core/error.h"

namespace restore {
namespace {

struct BoundaryName {
  const char* name;
  Boundary boundary;
};

constexpr std::array<BoundaryName, 5> kNames{{{"valid", Boundary::valid},
                                              {"circular", Boundary::circular},
                                              {"reflect", Boundary::reflect},
                                              {"replicate", Boundary::replicate},
                                              {"unknown", Boundary::valid}}};

std::int64_t modulo(std::int64_t a, std::int64_t n) { return (a % n + n) % n; }

std::int64_t source_of(Boundary boundary, std::int64_t i, std::int64_t n) {
  switch (boundary) {
    case Boundary::circular:
      return modulo(i, n);
    case Boundary::reflect: {
      const std::int64_t r = modulo(i, 2 * n);
      return r < n ? r : 2 * n - 1 - r;
    }
    case Boundary::replicate:
      return std::clamp<std::int64_t>(i, 0, n - 1);
    case Boundary::valid:
      break;
  }
  TORCH_CHECK(i >= 0 && i < n, "a valid boundary has nothing beyond the frame");
  return i;
}

// Adds what lies beyond the frame to the pixels that it shows.
void add_margins(const torch::Tensor& extended, std::int64_t dim, const AxisExtension& axis) {
  const auto length = static_cast<std::int64_t>(axis.source.size());
  for (std::int64_t t = 0; t < length; ++t) {
    const bool inside = t >= axis.before && t < axis.before + axis.size;
    const std::int64_t source = axis.source[static_cast<std::size_t>(t)];
    if (!inside && source >= 0)
      extended.select(dim, axis.before + source).add_(extended.select(dim, t));
  }
}

}  // namespace

Boundary parse_boundary(const std::string& name) {
  for (const auto& row : kNames)
    if (name == row.name) return row.boundary;
  throw usage_error(
      "unknown boundary \"{}\"; known: valid (or unknown), circular, reflect, replicate", name);
}

std::string to_string(Boundary boundary) {
  for (const auto& row : kNames)
    if (boundary == row.boundary) return row.name;
  return "unknown";
}

AxisExtension extend_axis(Boundary boundary, std::int64_t n, std::int64_t before,
                          std::int64_t after) {
  AxisExtension axis{n, before, {}};
  for (std::int64_t i = -before; i < n + after; ++i)
    axis.source.push_back(source_of(boundary, i, n));
  return axis;
}

AxisExtension extend_with_zeros(std::int64_t n, std::int64_t before, std::int64_t after) {
  AxisExtension axis{n, before, {}};
  for (std::int64_t i = -before; i < n + after; ++i)
    axis.source.push_back(i >= 0 && i < n ? i : -1);
  return axis;
}

torch::Tensor fold(torch::Tensor&& extended, const AxisExtension& rows,
                   const AxisExtension& columns) {
  add_margins(extended, 2, rows);
  add_margins(extended.narrow(2, rows.before, rows.size), 3, columns);
  // The frame moves to the front of the same memory: no row goes behind the place that it comes
  // from.
  const std::int64_t planes = extended.size(0) * extended.size(1);
  const std::int64_t tall = extended.size(2), wide = extended.size(3), width = columns.size;
  const auto bytes = static_cast<std::int64_t>(extended.element_size());
  char* const memory = static_cast<char*>(extended.data_ptr());
  for (std::int64_t p = 0; p < planes; ++p)
    for (std::int64_t i = 0; i < rows.size; ++i)
      std::memmove(memory + (p * rows.size + i) * width * bytes,
                   memory + ((p * tall + rows.before + i) * wide + columns.before) * bytes,
                   static_cast<std::size_t>(width * bytes));
  return extended.flatten()
      .narrow(0, 0, planes * rows.size * width)
      .view({extended.size(0), extended.size(1), rows.size, width});
}

}  // namespace restore
