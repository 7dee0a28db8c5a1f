// The innermost loops of direct and separable convolution and of resampling: weighted sums of rows.
#pragma once

#include <cstdint>

namespace restore {

// out[x] = sum_t weights[t] rows[t][x], x in [0, width). `out` must not overlap a row.
void weighted_sum(const float* const* rows, const float* weights, std::int64_t taps,
                  std::int64_t width, float* out);
void weighted_sum(const double* const* rows, const double* weights, std::int64_t taps,
                  std::int64_t width, double* out);

// The same sum of as many windows of a stack of rows, each a row below the one before, at once: a
// row that several sums need is loaded once.
//   outs[j][x] = sum_t weights[t] rows[j + t][x], x in [0, width), j in [0, kWindows).
// `rows`: taps + kWindows - 1 of finite numbers; `weights`: kWindows - 1 zeros, the taps, as many
// zeros.
inline constexpr std::int64_t kWindows = 4;
void sliding_sums(const float* const* rows, const float* weights, std::int64_t taps,
                  std::int64_t width, float* const* outs);
void sliding_sums(const double* const* rows, const double* weights, std::int64_t taps,
                  std::int64_t width, double* const* outs);

}  // namespace restore
