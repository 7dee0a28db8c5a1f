// Discrete Fourier transforms of pictures: half spectra of real planes, and the real orthogonal
// form.
#pragma once

#include <cstdint>

#include <torch/types.h>

namespace restore {

// |k^| under this part of its maximum is what rounding leaves of a zero.
inline constexpr double kSpectralZero = 1e-13;

// The smallest n' >= n without a prime factor above 5: what the transform is fast on. (A factor 7
// costs 15 %, more than the next length does.)
std::int64_t fast_length(std::int64_t n);

// x: ... x H x W real -> ... x H x (W/2 + 1) complex, unnormalised; zero-padded to height x width.
torch::Tensor half_spectrum(const torch::Tensor& x, std::int64_t height, std::int64_t width);
torch::Tensor half_spectrum(const torch::Tensor& x);
// Its inverse, real, ... x height x width.
torch::Tensor from_half_spectrum(const torch::Tensor& spectrum, std::int64_t height,
                                 std::int64_t width);

// The other half of a real, even spectrum (a(-u, -v) = a(u, v)): H x (W/2 + 1) -> H x W.
torch::Tensor whole_spectrum(const torch::Tensor& half, std::int64_t width);

// k^(u, v), complex128, height x (width/2 + 1): the spectrum of the kernel with its centre
// (operators/kernel/kernels.h) at the origin, wrapped around when it is larger than the picture.
// Circular convolution multiplies by it.
torch::Tensor transfer_function(const torch::Tensor& kernel, std::int64_t height,
                                std::int64_t width);

// The discrete cosine transform of type II, orthonormal, and its inverse (its transpose),
// planewise:
//   c(u, v) = a_u a_v sum_{i,j} x(i, j) cos(pi u (2i+1) / 2H) cos(pi v (2j+1) / 2W),
//   a_0 = 1/sqrt(n), a_u = sqrt(2/n) along an axis of n
// Makhoul 1980, "A fast cosine transform in one and two dimensions";
// https://doi.org/10.1109/TASSP.1980.1163351
torch::Tensor cosine_transform(const torch::Tensor& x);
torch::Tensor inverse_cosine_transform(const torch::Tensor& c);

// The discrete Hartley transform, orthonormal: real, symmetric and its own inverse.
//   h(u, v) = (Re F - Im F)(u, v) / sqrt(H W),   F = Fourier transform of x
// Bracewell 1983, "Discrete Hartley transform"; https://doi.org/10.1364/JOSA.73.001832
torch::Tensor hartley(const torch::Tensor& x);
// The half spectrum of the picture whose Hartley transform is h.
torch::Tensor half_spectrum_of_hartley(const torch::Tensor& h);
// The Hartley transform of the picture with that half spectrum.
torch::Tensor hartley_of_half_spectrum(const torch::Tensor& spectrum, std::int64_t width);

}  // namespace restore
