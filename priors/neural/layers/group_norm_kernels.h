// The loops of group_norm.h on raw channels-last memory: rows of `channels` values, a row a pixel.
// Channel counts are multiples of 16. Compiled for several instruction sets, chosen when the
// program starts.
#pragma once

#include <cstdint>

namespace restore::kernels {

// y = act(a x + b) for each channel, act(z) = z / (1 + exp(-z)) or z.
struct Affine {
  const float *a, *b;
  bool silu;
};

// sums[0, C) += x - pivot, sums[C, 2 C) += (x - pivot)^2
void moment_rows(std::int64_t rows, std::int64_t channels, const float* x, const float* pivot,
                 float* sums);
void affine_rows(std::int64_t rows, std::int64_t channels, const float* x, const Affine& affine,
                 float* y);
// With g = dy act'(a x + b): sums[0, C) += g, sums[C, 2 C) += g (x - pivot).
void gradient_moment_rows(std::int64_t rows, std::int64_t channels, const float* x, const float* dy,
                          const Affine& affine, const float* pivot, float* sums);
// dx = a g + slope (x - mean) + offset
void gradient_rows(std::int64_t rows, std::int64_t channels, const float* x, const float* dy,
                   const Affine& affine, const float* mean, const float* slope, const float* offset,
                   float* dx);

}  // namespace restore::kernels
