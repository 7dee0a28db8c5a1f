// The stencil loops of the total-variation prox, on rows of raw planes.
//
// Planes are contiguous, H x W. An image has C of them; a dual field p has 2 C: plane 2 c holds the
// component along x, 2 c + 1 the one along y. D is the forward difference, 0 past the last column
// and row, so p is 0 there for good, and
//   (D^T p)(i, j) = px(i, j-1) - px(i, j) + py(i-1, j) - py(i, j).
//
// Rows are worked in place: a block [begin, end) needs the rows of u at its two ends, which
// `primal_row` gives before any block is written. What comes out does not depend on the blocks.
#pragma once

#include <cstdint>

namespace restore::tv {

struct Size {
  std::int64_t channels = 0, height = 0, width = 0;
  std::int64_t plane() const { return height * width; }
};

// q = p + beta (p - p_previous), never stored.
template <typename T>
struct Extrapolated {
  const T* p = nullptr;
  const T* p_previous = nullptr;
  T beta = 0;
};

// u(i, :) = x - D^T q in all channels, C x W.
template <typename T>
void primal_row(const Size& size, const T* x, const Extrapolated<T>& q, std::int64_t i, T* u);

// One step on rows [begin, end): `out`, which may be q.p_previous, becomes
//   p_next = P(q + step D u), P the projection of every pixel's 2 C numbers on the ball of
//   `radius`.
// `u_begin` and `u_end` are the rows u(begin, :) and u(end, :); the latter may be null when end =
// H.
template <typename T>
void ascend_rows(const Size& size, const T* x, const Extrapolated<T>& q, T step, T radius,
                 const T* u_begin, const T* u_end, std::int64_t begin, std::int64_t end, T* out);

struct Objectives {
  double fidelity = 0;   // 1/2 ||u - x||^2
  double variation = 0;  // sum |D u|
  double coupling = 0;   // <D u, p>
};

// The parts of the primal and dual objective at u = x - D^T p on rows [begin, end); writes u there.
template <typename T>
Objectives measure_rows(const Size& size, const T* x, const T* p, std::int64_t begin,
                        std::int64_t end, T* u);

}  // namespace restore::tv
