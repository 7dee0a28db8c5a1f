// The loops of the undecimated wavelet transform, on runs of float or double.
//
// h is the scaling filter of 4 taps, norm 1 (Daubechies 1988,
// https://doi.org/10.1002/cpa.3160410705), g_n = (-1)^n h_{3-n} its wavelet. Taps lie `step` values
// apart: some pixels along a row, or some rows.
#pragma once

#include <cstdint>

namespace restore::wavelet {

constexpr int kTaps = 4;

// low(k) = sum_n h_n x(k + n step), high(k) = sum_n g_n x(k + n step), for `size` values of k.
template <typename T>
void analyse(const T* x, std::int64_t step, std::int64_t size, T* low, T* high);

// Half of its adjoint, which makes the identity along one direction:
//   x(k) = 1/2 sum_n (h_n low(k + (3 - n) step) + g_n high(k + (3 - n) step)).
template <typename T>
void synthesise(const T* low, const T* high, std::int64_t step, std::int64_t size, T* x);

// x where |x| > threshold, else 0.
template <typename T>
void shrink(const T* x, T threshold, std::int64_t size, T* out);

}  // namespace restore::wavelet
