// One pass over memory for Adam and the moving average: composed of libtorch operations it takes
// about ten, which is as long as the network on a small batch.
#include "librestore/core/lanes.h"
#include "priors/neural/fused_kernels.h"

namespace restore::kernels {

RESTORE_TARGET_CLONES void adam_step(const AdamStep& step, std::int64_t n,
                                     const float* __restrict gradient, float* __restrict weights,
                                     float* __restrict mean, float* __restrict square,
                                     float* __restrict average) {
  for (std::int64_t i = 0; i < n; ++i) {
    const float g = step.gradient_scale * gradient[i];
    // m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
    const float m = mean[i] = step.beta1 * mean[i] + (1 - step.beta1) * g;
    const float v = square[i] = step.beta2 * square[i] + (1 - step.beta2) * g * g;
    // w -= rate m / (sqrt(v / (1 - b2^t)) + eps)
    const float w = weights[i] -=
        step.rate * m / (__builtin_sqrtf(v * step.square_scale) + step.epsilon);
    average[i] += step.average_rate * (w - average[i]);
  }
}

}  // namespace restore::kernels
