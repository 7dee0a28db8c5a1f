// The loops of BM3D over its stacks of patches of 8 x 8. Products and sums are rounded one by one,
// so that all processors make the same bits.
#pragma once

#include <cstdint>

namespace restore::bm3d {

constexpr int kSide = 8, kPatch = kSide * kSide;
constexpr int kMostPatches = 32;

// Patches one after the other, rows first.
struct Stack {
  int size = 0;
  alignas(64) float values[kMostPatches * kPatch];

  float* patch(int k) { return values + k * kPatch; }
  const float* patch(int k) const { return values + k * kPatch; }
};

// A transform of 8 values as its matrix M, and M^T; rows first.
struct Transform {
  alignas(64) float rows[kPatch], columns[kPatch];
};

// P <- M P M^T for every patch.
void transform(const Transform& M, Stack& stack);

// The orthonormal Haar transform along the stack down to its mean, in place, and its inverse; the
// size is a power of 2.
void haar(Stack& stack);
void inverse_haar(Stack& stack);

// Sets to 0 what is not above the threshold; how many values are.
float keep_large(Stack& stack, float threshold);

// Multiplies by w = b^2 / (b^2 + variance), b of `basic`; the sum of w^2.
float wiener(Stack& stack, const Stack& basic, float variance);

// Squared distances of the patch at `patch` from those at `from`, `from` + 1, ... of the same
// plane: `count` of them, rounded up to a multiple of kTogether in `out` and in what is read.
constexpr std::int64_t kTogether = 16;
void squared_distances(const float* patch, const float* from, std::int64_t stride,
                       std::int64_t count, float* out);

// sum += weight window patch and total += weight window on 8 x 8 pixels.
void aggregate(const float* patch, const float* window, float weight, std::int64_t stride,
               float* sum, float* total);

}  // namespace restore::bm3d
