#include "priors/classic/total_variation_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include "librestore/core/target_clones.h"

namespace restore::tv {
namespace {

// The planes of channel c of a dual field, at row i.
template <typename T>
struct DualRow {
  const T* __restrict px, * __restrict py, * __restrict ox, * __restrict oy;

  RESTORE_INLINE DualRow(const Size& size, const Extrapolated<T>& q, std::int64_t c,
                         std::int64_t i) {
    const std::int64_t at = 2 * c * size.plane() + i * size.width;
    px = q.p + at;
    py = px + size.plane();
    ox = q.p_previous + at;
    oy = ox + size.plane();
  }
};

// q = p + beta (p - p_previous)
template <typename T>
RESTORE_INLINE T extrapolate(T p, T previous, T beta) {
  return p + beta * (p - previous);
}

template <typename T>
RESTORE_INLINE void primal_row_impl(const Size& size, const T* x, const Extrapolated<T>& q,
                                    std::int64_t i, T* u_row) {
  const std::int64_t width = size.width;
  const T beta = q.beta;
  for (std::int64_t c = 0; c < size.channels; ++c) {
    const DualRow<T> row(size, q, c, i);
    const T* __restrict in = x + c * size.plane() + i * width;
    T* __restrict u = u_row + c * width;
    // u = x - D^T q
    for (std::int64_t j = 0; j < width; ++j)
      u[j] =
          in[j] + extrapolate(row.px[j], row.ox[j], beta) + extrapolate(row.py[j], row.oy[j], beta);
    for (std::int64_t j = 1; j < width; ++j)
      u[j] -= extrapolate(row.px[j - 1], row.ox[j - 1], beta);
    if (i == 0) continue;
    for (std::int64_t j = 0; j < width; ++j)
      u[j] -= extrapolate(row.py[j - width], row.oy[j - width], beta);
  }
}

template <typename T>
RESTORE_INLINE void ascend_row(const Size& size, const Extrapolated<T>& q, T step, T radius,
                               std::int64_t i, const T* u_here, const T* u_below, T* candidate,
                               T* __restrict scale, T* out) {
  const std::int64_t width = size.width;
  const T beta = q.beta;
  std::fill_n(scale, width, T(0));
  for (std::int64_t c = 0; c < size.channels; ++c) {
    const DualRow<T> row(size, q, c, i);
    const T* __restrict u = u_here + c * width;
    const T* __restrict below = u_below + c * width;
    T* __restrict ax = candidate + 2 * c * width;
    T* __restrict ay = ax + width;
    // a = q + step D u
    for (std::int64_t j = 0; j < width - 1; ++j)
      ax[j] = extrapolate(row.px[j], row.ox[j], beta) + step * (u[j + 1] - u[j]);
    ax[width - 1] = 0;
    for (std::int64_t j = 0; j < width; ++j) {
      ay[j] = extrapolate(row.py[j], row.oy[j], beta) + step * (below[j] - u[j]);
      scale[j] += ax[j] * ax[j] + ay[j] * ay[j];
    }
  }
  // p_next = a min(1, radius / |a|)
  for (std::int64_t j = 0; j < width; ++j)
    scale[j] = radius / std::max(radius, std::sqrt(scale[j]));
  for (std::int64_t plane = 0; plane < 2 * size.channels; ++plane) {
    const T* __restrict a = candidate + plane * width;
    T* __restrict p = out + plane * size.plane() + i * width;
    for (std::int64_t j = 0; j < width; ++j) p[j] = a[j] * scale[j];
  }
}

template <typename T>
RESTORE_INLINE void ascend_rows_impl(const Size& size, const T* x, const Extrapolated<T>& q, T step,
                                     T radius, const T* u_begin, const T* u_end, std::int64_t begin,
                                     std::int64_t end, T* out) {
  const std::int64_t row = size.channels * size.width;
  const auto scratch = std::make_unique_for_overwrite<T[]>(4 * row + size.width);
  T* here = scratch.get();
  T* below = here + row;
  T* candidate = below + row;
  T* scale = candidate + 2 * row;
  std::copy_n(u_begin, row, here);
  for (std::int64_t i = begin; i < end; ++i) {
    if (i + 1 == size.height) {
      std::copy_n(here, row, below);  // no difference past the last row
    } else if (i + 1 == end) {
      std::copy_n(u_end, row, below);
    } else {
      primal_row_impl(size, x, q, i + 1, below);
    }
    ascend_row(size, q, step, radius, i, here, below, candidate, scale, out);
    std::swap(here, below);
  }
}

// The sum of a row in double over fixed lanes: the same bits on every machine.
template <typename T>
RESTORE_INLINE double sum_row(const T* terms, std::int64_t width) {
  constexpr std::int64_t kLanes = 8;
  double lane[kLanes] = {};
  std::int64_t j = 0;
  for (; j + kLanes <= width; j += kLanes)
    for (std::int64_t k = 0; k < kLanes; ++k) lane[k] += static_cast<double>(terms[j + k]);
  for (std::int64_t k = 0; j < width; ++j, ++k) lane[k] += static_cast<double>(terms[j]);
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

template <typename T>
RESTORE_INLINE Objectives measure_row(const Size& size, const T* x, const Extrapolated<T>& p,
                                      std::int64_t i, const T* u_here, const T* u_below, T* terms) {
  const std::int64_t width = size.width;
  T* __restrict fidelity = terms;
  T* __restrict variation = terms + width;
  T* __restrict coupling = terms + 2 * width;
  std::fill_n(terms, 3 * width, T(0));
  for (std::int64_t c = 0; c < size.channels; ++c) {
    const DualRow<T> row(size, p, c, i);
    const T* __restrict in = x + c * size.plane() + i * width;
    const T* __restrict u = u_here + c * width;
    const T* __restrict below = u_below + c * width;
    for (std::int64_t j = 0; j < width; ++j) {
      const T d = u[j] - in[j];
      const T dy = below[j] - u[j];
      fidelity[j] += d * d;
      variation[j] += dy * dy;
      coupling[j] += dy * row.py[j];
    }
    for (std::int64_t j = 0; j < width - 1; ++j) {
      const T dx = u[j + 1] - u[j];
      variation[j] += dx * dx;
      coupling[j] += dx * row.px[j];
    }
  }
  for (std::int64_t j = 0; j < width; ++j) variation[j] = std::sqrt(variation[j]);
  return {sum_row(fidelity, width) / 2, sum_row(variation, width), sum_row(coupling, width)};
}

template <typename T>
RESTORE_INLINE Objectives measure_rows_impl(const Size& size, const T* x, const T* p,
                                            std::int64_t begin, std::int64_t end, T* u) {
  const std::int64_t row = size.channels * size.width;
  const Extrapolated<T> dual{p, p, 0};
  const auto scratch = std::make_unique_for_overwrite<T[]>(2 * row + 3 * size.width);
  T* here = scratch.get();
  T* below = here + row;
  T* terms = below + row;
  Objectives sum;
  primal_row_impl(size, x, dual, begin, here);
  for (std::int64_t i = begin; i < end; ++i) {
    for (std::int64_t c = 0; c < size.channels; ++c)
      std::copy_n(here + c * size.width, size.width, u + c * size.plane() + i * size.width);
    if (i + 1 == size.height) {
      std::copy_n(here, row, below);
    } else {
      primal_row_impl(size, x, dual, i + 1, below);
    }
    const Objectives part = measure_row(size, x, dual, i, here, below, terms);
    sum.fidelity += part.fidelity;
    sum.variation += part.variation;
    sum.coupling += part.coupling;
    std::swap(here, below);
  }
  return sum;
}

}  // namespace

// Versions for several machines cannot be made of templates: a plain function each.

template <>
RESTORE_TARGET_CLONES void primal_row<float>(const Size& size, const float* x,
                                             const Extrapolated<float>& q, std::int64_t i,
                                             float* u) {
  primal_row_impl(size, x, q, i, u);
}
template <>
RESTORE_TARGET_CLONES void primal_row<double>(const Size& size, const double* x,
                                              const Extrapolated<double>& q, std::int64_t i,
                                              double* u) {
  primal_row_impl(size, x, q, i, u);
}

template <>
RESTORE_TARGET_CLONES void ascend_rows<float>(const Size& size, const float* x,
                                              const Extrapolated<float>& q, float step,
                                              float radius, const float* u_begin,
                                              const float* u_end, std::int64_t begin,
                                              std::int64_t end, float* out) {
  ascend_rows_impl(size, x, q, step, radius, u_begin, u_end, begin, end, out);
}
template <>
RESTORE_TARGET_CLONES void ascend_rows<double>(const Size& size, const double* x,
                                               const Extrapolated<double>& q, double step,
                                               double radius, const double* u_begin,
                                               const double* u_end, std::int64_t begin,
                                               std::int64_t end, double* out) {
  ascend_rows_impl(size, x, q, step, radius, u_begin, u_end, begin, end, out);
}

template <>
RESTORE_TARGET_CLONES Objectives measure_rows<float>(const Size& size, const float* x,
                                                     const float* p, std::int64_t begin,
                                                     std::int64_t end, float* u) {
  return measure_rows_impl(size, x, p, begin, end, u);
}
template <>
RESTORE_TARGET_CLONES Objectives measure_rows<double>(const Size& size, const double* x,
                                                      const double* p, std::int64_t begin,
                                                      std::int64_t end, double* u) {
  return measure_rows_impl(size, x, p, begin, end, u);
}

}  // namespace restore::tv
