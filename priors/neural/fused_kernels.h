// The loops of fused_ops.h on raw channels-last memory: rows of `channels` values, a row a pixel.
// Channel counts are multiples of 16, and so is n.
//
// `void*` data is bfloat16 where the flag `half` says so and float32 otherwise. Compiled for
// several instruction sets, chosen when the program starts.
#pragma once

#include <cstdint>

namespace restore::kernels {

// The variance of a row is never less.
constexpr float kNormEpsilon = 1e-6f;

struct NormShape {
  std::int64_t items, pixels, channels;
};

void channel_norm_forward(const NormShape& shape, const float* x, const float* scale,
                          const float* shift, float* statistics, void* y, bool half);
// Adds to dscale and dshift (items x channels), which the caller has cleared.
void channel_norm_backward(const NormShape& shape, const float* x, const float* scale,
                           const float* statistics, const void* dy, bool half, float* dx,
                           float* dscale, float* dshift);

void gate_forward(std::int64_t pixels, std::int64_t channels, const void* x, void* y, bool half);
void gate_backward(std::int64_t pixels, std::int64_t channels, const void* x, const void* dy,
                   void* dx, bool half);

// Each item has its own scale and shift of C values; y may be h.
struct ScaledShape {
  std::int64_t items, pixels, channels;
};
void scaled_relu_forward(const ScaledShape& shape, const void* h, const float* scale,
                         const float* shift, void* y, bool half);
// Adds to dscale and dshift (items x channels), which the caller has cleared.
void scaled_relu_backward(const ScaledShape& shape, const void* h, const float* scale,
                          const float* shift, const void* dy, void* dh, float* dscale,
                          float* dshift, bool half);

// y = x + h; y may be x.
void add_half(std::int64_t n, const float* x, const void* h, float* y);
// The same, and z = y rounded to bfloat16; z may be h.
void add_half_and_round(std::int64_t n, const float* x, const void* h, float* y, void* z);

// x and y: items x 2 height x 2 width x channels; h: items x height x width x 2 x 2 x channels.
struct ShuffleShape {
  std::int64_t items, height, width, channels;
};
// y[2 r + i][2 c + j] = x[2 r + i][2 c + j] + h[r][c][i][j]; y may be x.
void add_shuffled(const ShuffleShape& shape, const float* x, const void* h, float* y, bool half);
// dh[r][c][i][j] = dy[2 r + i][2 c + j]
void unshuffle(const ShuffleShape& shape, const float* dy, void* dh, bool half);

// Rounded to bfloat16, and back.
void to_half(std::int64_t n, const float* x, void* y);
void from_half(std::int64_t n, const void* x, float* y);

// One step of Adam and of the moving average, in place, over n values.
struct AdamStep {
  float beta1, beta2, epsilon;
  float rate;            // learning rate / (1 - beta1^t)
  float square_scale;    // 1 / (1 - beta2^t)
  float gradient_scale;  // clipping
  float average_rate;    // 1 - decay of the moving average
};
void adam_step(const AdamStep& step, std::int64_t n, const float* gradient, float* weights,
               float* mean, float* square, float* average);

}  // namespace restore::kernels
