// The middle of a gated block (blocks.h) without gradients, on raw channels-last memory:
//
//   h[r][c][k] = bias[k] + sum_{i,j in -1..1} weight[i][j][k] x[r + i][c + j][k],  k in 0..2C-1
//   y[r][c][k] = h[r][c][k] h[r][c][k + C],                                         k in 0..C-1
//
// h never leaves the registers. Compiled for several instruction sets, chosen when the program
// starts.
#pragma once

#include <cstdint>

namespace restore::kernels {

// Channels go through together.
constexpr std::int64_t kDepthwiseChannels = 32;

struct GatedDepthwise {
  std::int64_t width, channels;  // columns; C, a multiple of kDepthwiseChannels
  const float* weight;           // 3 x 3 x 2C
  const float* bias;             // 2C
};

// x: (rows + 2) x width x 2C, from the row above the first on; beyond the columns it is 0. y: rows
// x width x C. `half`: x and y are bfloat16, otherwise float32; sums are float32 in either case.
// For bfloat16 weight and bias have the even ones of every kDepthwiseChannels channels first, then
// the odd ones.
void gated_depthwise(const GatedDepthwise& layer, std::int64_t rows, const void* x, void* y,
                     bool half);

}  // namespace restore::kernels
