// Discrete Fourier transforms of pictures: half spectra of real planes, and the real orthogonal form.
#pragma once

#include <cstdint>

#include <torch/types.h>

namespace restore {

// The smallest n' >= n without a prime factor above 7: what the transform is fast on.
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
// (operators/kernels.h) at the origin, wrapped around when it is larger than the picture. Circular
// convolution multiplies by it.
torch::Tensor transfer_function(const torch::Tensor& kernel, std::int64_t height,
                                std::int64_t width);

// The discrete Hartley transform, orthonormal: real, symmetric and its own inverse.
//   h(u, v) = (Re F - Im F)(u, v) / sqrt(H W),   F = Fourier transform of x
// Bracewell 1983, "Discrete Hartley transform"; https://doi.org/10.1364/JOSA.73.001832
torch::Tensor hartley(const torch::Tensor& x);
// The half spectrum of the picture whose Hartley transform is h.
torch::Tensor half_spectrum_of_hartley(const torch::Tensor& h);
// The Hartley transform of the picture with that half spectrum.
torch::Tensor hartley_of_half_spectrum(const torch::Tensor& spectrum, std::int64_t width);

}  // namespace restore
