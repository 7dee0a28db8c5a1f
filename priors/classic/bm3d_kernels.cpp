#include "priors/classic/bm3d_kernels.h"

#include <numbers>

#include "librestore/core/lanes.h"

namespace restore::bm3d {
namespace {

using kernels::Lanes;
using kernels::load;
using kernels::store;
static_assert(kTogether == kernels::kLanes && kPatch % kernels::kLanes == 0);

// A row of a patch.
using Row = float __attribute__((vector_size(4 * kSide)));

RESTORE_INLINE void load_row(Row& v, const float* p) { std::memcpy(&v, p, sizeof v); }

// (p, q) <- (p + q, p - q) / sqrt(2), its own inverse.
RESTORE_INLINE void butterfly(float* p, float* q) {
  constexpr float kScale = std::numbers::sqrt2_v<float> / 2;
  for (int i = 0; i < kPatch; i += kernels::kLanes) {
    Lanes a, b;
    load(a, p + i);
    load(b, q + i);
    store(p + i, kScale * (a + b));
    store(q + i, kScale * (a - b));
  }
}

}  // namespace

RESTORE_TARGET_CLONES void transform(const Transform& M, Stack& stack) {
  for (int n = 0; n < stack.size; ++n) {
    float* P = stack.patch(n);
    Row in[kSide], columns[kSide];
    for (int k = 0; k < kSide; ++k) {
      load_row(in[k], P + k * kSide);
      load_row(columns[k], M.columns + k * kSide);
    }
    for (int i = 0; i < kSide; ++i) {
      Row half{}, out{};  // rows of M P and of M P M^T
      for (int k = 0; k < kSide; ++k) half += M.rows[i * kSide + k] * in[k];
      for (int k = 0; k < kSide; ++k) out += half[k] * columns[k];
      std::memcpy(P + i * kSide, &out, sizeof out);
    }
  }
}

RESTORE_TARGET_CLONES void haar(Stack& stack) {
  for (int half = 1; half < stack.size; half *= 2)
    for (int k = 0; k < stack.size; k += 2 * half) butterfly(stack.patch(k), stack.patch(k + half));
}

RESTORE_TARGET_CLONES void inverse_haar(Stack& stack) {
  for (int half = stack.size / 2; half > 0; half /= 2)
    for (int k = 0; k < stack.size; k += 2 * half) butterfly(stack.patch(k), stack.patch(k + half));
}

RESTORE_TARGET_CLONES float keep_large(Stack& stack, float threshold) {
  Lanes kept{};
  for (int i = 0; i < stack.size * kPatch; i += kernels::kLanes) {
    Lanes v;
    load(v, stack.values + i);
    const Lanes zero{};
    const auto large = (v > threshold) | (v < -threshold);
    kept += large ? zero + 1 : zero;
    store(stack.values + i, large ? v : zero);
  }
  return kernels::sum(kept);
}

RESTORE_TARGET_CLONES float wiener(Stack& stack, const Stack& basic, float variance) {
  Lanes squares{};
  for (int i = 0; i < stack.size * kPatch; i += kernels::kLanes) {
    Lanes v, b;
    load(v, stack.values + i);
    load(b, basic.values + i);
    const Lanes power = b * b, w = power / (power + variance);
    store(stack.values + i, v * w);
    squares += w * w;
  }
  return kernels::sum(squares);
}

RESTORE_TARGET_CLONES void squared_distances(const float* patch, const float* from,
                                             std::int64_t stride, std::int64_t count, float* out) {
  for (std::int64_t x = 0; x < count; x += kTogether) {
    Lanes even{}, odd{};
    for (int i = 0; i < kSide; ++i) {
      const float* p = patch + i * stride;
      const float* q = from + i * stride + x;
      for (int j = 0; j < kSide; j += 2) {
        Lanes a, b;
        load(a, q + j);
        load(b, q + j + 1);
        a -= p[j];
        b -= p[j + 1];
        even += a * a;
        odd += b * b;
      }
    }
    store(out + x, even + odd);
  }
}

RESTORE_TARGET_CLONES void aggregate(const float* patch, const float* window, float weight,
                                     std::int64_t stride, float* sum, float* total) {
  for (int i = 0; i < kSide; ++i) {
    Row w, value, s, t;
    load_row(w, window + i * kSide);
    load_row(value, patch + i * kSide);
    load_row(s, sum + i * stride);
    load_row(t, total + i * stride);
    w *= weight;
    s += w * value;
    t += w;
    std::memcpy(sum + i * stride, &s, sizeof s);
    std::memcpy(total + i * stride, &t, sizeof t);
  }
}

}  // namespace restore::bm3d
