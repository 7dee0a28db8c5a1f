// The inner loop of a search among patches.
#pragma once

#include <cstdint>

namespace restore {

constexpr std::int64_t kDistanceLanes = 16;

// out_k = sum_j mask_j (window_j - patch_kj)^2 for `count` patches of `stride` values, a multiple
// of kDistanceLanes.
void window_distances(const float* window, const float* mask, const float* patches,
                      std::int64_t count, std::int64_t stride, float* out);

}  // namespace restore
