// The innermost loop of direct convolution and of resampling: weighted sums of rows.
#pragma once

#include <cstdint>

namespace restore {

// out[x] = sum_t weights[t] rows[t][x], x in [0, width). `out` must not overlap a row.
void weighted_sum(const float* const* rows, const float* weights, std::int64_t taps,
                  std::int64_t width, float* out);
void weighted_sum(const double* const* rows, const double* weights, std::int64_t taps,
                  std::int64_t width, double* out);

}  // namespace restore
