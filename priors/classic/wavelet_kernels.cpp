#include "priors/classic/wavelet_kernels.h"

#include <cmath>

#include "librestore/core/target_clones.h"

namespace restore::wavelet {
namespace {

template <typename T>
struct Filter {
  T a, b, c, d;  // h_0 to h_3

  RESTORE_INLINE Filter() {
    const double r = std::sqrt(3.0), s = 4 * std::sqrt(2.0);
    a = static_cast<T>((1 + r) / s);
    b = static_cast<T>((3 + r) / s);
    c = static_cast<T>((3 - r) / s);
    d = static_cast<T>((1 - r) / s);
  }
};

template <typename T>
RESTORE_INLINE void analyse_impl(const T* x, std::int64_t step, std::int64_t size,
                                 T* __restrict low, T* __restrict high) {
  const Filter<T> h;
  const T* __restrict x0 = x;
  const T* __restrict x1 = x + step;
  const T* __restrict x2 = x + 2 * step;
  const T* __restrict x3 = x + 3 * step;
  for (std::int64_t k = 0; k < size; ++k) {
    low[k] = h.a * x0[k] + h.b * x1[k] + h.c * x2[k] + h.d * x3[k];
    high[k] = h.d * x0[k] - h.c * x1[k] + h.b * x2[k] - h.a * x3[k];
  }
}

template <typename T>
RESTORE_INLINE void synthesise_impl(const T* low, const T* high, std::int64_t step,
                                    std::int64_t size, T* __restrict x) {
  const Filter<T> h;
  const T* __restrict l0 = low;
  const T* __restrict l1 = low + step;
  const T* __restrict l2 = low + 2 * step;
  const T* __restrict l3 = low + 3 * step;
  const T* __restrict g0 = high;
  const T* __restrict g1 = high + step;
  const T* __restrict g2 = high + 2 * step;
  const T* __restrict g3 = high + 3 * step;
  for (std::int64_t k = 0; k < size; ++k)
    x[k] = T(0.5) * ((h.a * l3[k] + h.b * l2[k] + h.c * l1[k] + h.d * l0[k]) +
                     (h.d * g3[k] - h.c * g2[k] + h.b * g1[k] - h.a * g0[k]));
}

template <typename T>
RESTORE_INLINE void shrink_impl(const T* __restrict x, T threshold, std::int64_t size,
                                T* __restrict out) {
  for (std::int64_t k = 0; k < size; ++k) out[k] = std::abs(x[k]) > threshold ? x[k] : T(0);
}

}  // namespace

// Versions for several machines cannot be made of templates: a plain function each.

template <>
RESTORE_TARGET_CLONES void analyse(const float* x, std::int64_t step, std::int64_t size, float* low,
                                   float* high) {
  analyse_impl(x, step, size, low, high);
}
template <>
RESTORE_TARGET_CLONES void analyse(const double* x, std::int64_t step, std::int64_t size,
                                   double* low, double* high) {
  analyse_impl(x, step, size, low, high);
}

template <>
RESTORE_TARGET_CLONES void synthesise(const float* low, const float* high, std::int64_t step,
                                      std::int64_t size, float* x) {
  synthesise_impl(low, high, step, size, x);
}
template <>
RESTORE_TARGET_CLONES void synthesise(const double* low, const double* high, std::int64_t step,
                                      std::int64_t size, double* x) {
  synthesise_impl(low, high, step, size, x);
}

template <>
RESTORE_TARGET_CLONES void shrink(const float* x, float threshold, std::int64_t size, float* out) {
  shrink_impl(x, threshold, size, out);
}
template <>
RESTORE_TARGET_CLONES void shrink(const double* x, double threshold, std::int64_t size,
                                  double* out) {
  shrink_impl(x, threshold, size, out);
}

}  // namespace restore::wavelet
