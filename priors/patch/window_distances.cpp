#include "priors/patch/window_distances.h"

#include "librestore/core/target_clones.h"

namespace restore {

RESTORE_TARGET_CLONES void window_distances(const float* window, const float* mask,
                                            const float* patches, std::int64_t count,
                                            std::int64_t stride, float* out) {
  for (std::int64_t k = 0; k < count; ++k, patches += stride) {
    // Lanes of their own let the compiler make one vector instruction of each step.
    float lanes[kDistanceLanes] = {};
    for (std::int64_t j = 0; j < stride; j += kDistanceLanes)
      for (std::int64_t i = 0; i < kDistanceLanes; ++i) {
        const float d = window[j + i] - patches[j + i];
        lanes[i] += mask[j + i] * d * d;
      }
    float sum = 0;
    for (const float lane : lanes) sum += lane;
    out[k] = sum;
  }
}

}  // namespace restore
