#include "priors/neural/layers/group_norm_kernels.h"

#include "librestore/core/lanes.h"

namespace restore::kernels {
namespace {

RESTORE_INLINE void sigmoid(Lanes& v) {
  v = -v;
  exponential(v);
  v = 1.0f / (1.0f + v);
}

// g = dy act'(z), z = a x + b; silu' = s (1 + z (1 - s)), s = 1 / (1 + exp(-z))
RESTORE_INLINE void gradient(Lanes& g, const Lanes& x, const Affine& affine, std::int64_t c) {
  if (!affine.silu) return;
  Lanes a, b;
  load(a, affine.a + c);
  load(b, affine.b + c);
  const Lanes z = a * x + b;
  Lanes s = z;
  sigmoid(s);
  g *= s * (1.0f + z * (1.0f - s));
}

RESTORE_INLINE void accumulate(float* sums, const Lanes& value) {
  Lanes total;
  load(total, sums);
  store(sums, total + value);
}

}  // namespace

RESTORE_TARGET_CLONES void moment_rows(std::int64_t rows, std::int64_t channels, const float* x,
                                       const float* pivot, float* sums) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes v, p;
      load(v, x + c);
      load(p, pivot + c);
      v -= p;
      accumulate(sums + c, v);
      accumulate(sums + channels + c, v * v);
    }
}

RESTORE_TARGET_CLONES void affine_rows(std::int64_t rows, std::int64_t channels, const float* x,
                                       const Affine& affine, float* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, y += channels)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes v, a, b;
      load(v, x + c);
      load(a, affine.a + c);
      load(b, affine.b + c);
      v = a * v + b;
      Lanes s = v;
      if (affine.silu) {
        sigmoid(s);
        v *= s;
      }
      store(y + c, v);
    }
}

RESTORE_TARGET_CLONES void gradient_moment_rows(std::int64_t rows, std::int64_t channels,
                                                const float* x, const float* dy,
                                                const Affine& affine, const float* pivot,
                                                float* sums) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, dy += channels)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes v, g, p;
      load(v, x + c);
      load(g, dy + c);
      load(p, pivot + c);
      gradient(g, v, affine, c);
      accumulate(sums + c, g);
      accumulate(sums + channels + c, g * (v - p));
    }
}

RESTORE_TARGET_CLONES void gradient_rows(std::int64_t rows, std::int64_t channels, const float* x,
                                         const float* dy, const Affine& affine, const float* mean,
                                         const float* slope, const float* offset, float* dx) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, dy += channels, dx += channels)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes v, g, a, m, s, o;
      load(v, x + c);
      load(g, dy + c);
      load(a, affine.a + c);
      load(m, mean + c);
      load(s, slope + c);
      load(o, offset + c);
      gradient(g, v, affine, c);
      store(dx + c, a * g + s * (v - m) + o);
    }
}

}  // namespace restore::kernels
