#include "priors/neural/fused_kernels.h"

#include <algorithm>

#include <ATen/Parallel.h>

#include "librestore/core/lanes.h"

namespace restore::kernels {
namespace {

// Rows in groups: the sums over the channels of one do not wait for those of another, and a group
// takes one square root and one division.
constexpr std::int64_t kNormRows = kLanes;

template <typename Out>
RESTORE_INLINE void norm_group(std::int64_t rows, std::int64_t channels, const float* x,
                               const float* scale, const float* shift, float* statistics, Out* y) {
  const float inverse = 1.0f / static_cast<float>(channels);
  float mean[kNormRows], deviation[kNormRows] = {};
  for (std::int64_t r = 0; r < rows; ++r) {
    Lanes total{}, v;
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      load(v, x + r * channels + c);
      total += v;
    }
    mean[r] = sum(total) * inverse;
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    Lanes squares{}, v;
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      load(v, x + r * channels + c);
      v -= mean[r];
      squares += v * v;
    }
    deviation[r] = sum(squares);
  }
  for (std::int64_t r = 0; r < kNormRows; ++r)
    deviation[r] = 1.0f / __builtin_sqrtf(deviation[r] * inverse + kNormEpsilon);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes v, gain, b;
      load(gain, scale + c);
      load(b, shift + c);
      load(v, x + r * channels + c);
      store(y + r * channels + c, (v - mean[r]) * deviation[r] * (gain + 1.0f) + b);
    }
  for (std::int64_t r = 0; r < rows; ++r) {
    statistics[2 * r] = mean[r];
    statistics[2 * r + 1] = deviation[r];
  }
}

template <typename Out>
RESTORE_INLINE void norm_rows(std::int64_t rows, std::int64_t channels, const float* x,
                              const float* scale, const float* shift, float* statistics, Out* y) {
  for (std::int64_t r = 0; r < rows; r += kNormRows)
    norm_group(std::min(rows - r, kNormRows), channels, x + r * channels, scale, shift,
               statistics + 2 * r, y + r * channels);
}

RESTORE_TARGET_CLONES void norm_rows_half(std::int64_t rows, std::int64_t channels, const float* x,
                                          const float* scale, const float* shift, float* statistics,
                                          Bfloat* y) {
  norm_rows(rows, channels, x, scale, shift, statistics, y);
}
RESTORE_TARGET_CLONES void norm_rows_float(std::int64_t rows, std::int64_t channels, const float* x,
                                           const float* scale, const float* shift,
                                           float* statistics, float* y) {
  norm_rows(rows, channels, x, scale, shift, statistics, y);
}

// With g = dy (1 + scale) and xhat the normalised row:
//   dx = (g - mean g - xhat mean(g xhat)) / deviation, dscale = sum dy xhat, dshift = sum dy.
template <typename In>
RESTORE_INLINE void norm_rows_pullback(std::int64_t rows, std::int64_t channels, const float* x,
                                       const float* scale, const float* statistics, const In* dy,
                                       float* dx, float* dscale, float* dshift) {
  const float inverse = 1.0f / static_cast<float>(channels);
  for (std::int64_t r = 0; r < rows;
       ++r, x += channels, dy += channels, dx += channels, statistics += 2) {
    const float mean = statistics[0], deviation = statistics[1];
    Lanes total{}, product{}, v, d, s, a;
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      load(v, x + c);
      load(d, dy + c);
      load(s, scale + c);
      const Lanes normalised = (v - mean) * deviation;
      const Lanes projected = d * normalised;
      load(a, dscale + c);
      store(dscale + c, a + projected);
      load(a, dshift + c);
      store(dshift + c, a + d);
      total += d * (s + 1.0f);
      product += projected * (s + 1.0f);
    }
    const float mean_g = sum(total) * inverse, mean_gx = sum(product) * inverse;
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      load(v, x + c);
      load(d, dy + c);
      load(s, scale + c);
      const Lanes normalised = (v - mean) * deviation;
      store(dx + c, (d * (s + 1.0f) - mean_g - normalised * mean_gx) * deviation);
    }
  }
}

RESTORE_TARGET_CLONES void norm_pullback_half(std::int64_t rows, std::int64_t channels,
                                              const float* x, const float* scale,
                                              const float* statistics, const Bfloat* dy, float* dx,
                                              float* dscale, float* dshift) {
  norm_rows_pullback(rows, channels, x, scale, statistics, dy, dx, dscale, dshift);
}
RESTORE_TARGET_CLONES void norm_pullback_float(std::int64_t rows, std::int64_t channels,
                                               const float* x, const float* scale,
                                               const float* statistics, const float* dy, float* dx,
                                               float* dscale, float* dshift) {
  norm_rows_pullback(rows, channels, x, scale, statistics, dy, dx, dscale, dshift);
}

template <typename T>
RESTORE_INLINE void gate_rows(std::int64_t rows, std::int64_t channels, const T* x, T* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += 2 * channels, y += channels)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes a, b;
      load(a, x + c);
      load(b, x + channels + c);
      store(y + c, a * b);
    }
}
RESTORE_TARGET_CLONES void gate_rows_half(std::int64_t rows, std::int64_t channels, const Bfloat* x,
                                          Bfloat* y) {
  gate_rows(rows, channels, x, y);
}
RESTORE_TARGET_CLONES void gate_rows_float(std::int64_t rows, std::int64_t channels, const float* x,
                                           float* y) {
  gate_rows(rows, channels, x, y);
}

template <typename T>
RESTORE_INLINE void gate_rows_pullback(std::int64_t rows, std::int64_t channels, const T* x,
                                       const T* dy, T* dx) {
  for (std::int64_t r = 0; r < rows; ++r, x += 2 * channels, dx += 2 * channels, dy += channels)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes a, b, d;
      load(a, x + c);
      load(b, x + channels + c);
      load(d, dy + c);
      store(dx + c, d * b);
      store(dx + channels + c, d * a);
    }
}
RESTORE_TARGET_CLONES void gate_pullback_half(std::int64_t rows, std::int64_t channels,
                                              const Bfloat* x, const Bfloat* dy, Bfloat* dx) {
  gate_rows_pullback(rows, channels, x, dy, dx);
}
RESTORE_TARGET_CLONES void gate_pullback_float(std::int64_t rows, std::int64_t channels,
                                               const float* x, const float* dy, float* dx) {
  gate_rows_pullback(rows, channels, x, dy, dx);
}

template <typename T>
RESTORE_INLINE void scaled_relu_rows(std::int64_t rows, std::int64_t channels, const T* h,
                                     const float* scale, const float* shift, T* y) {
  for (std::int64_t r = 0; r < rows; ++r, h += channels, y += channels)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes v, s, b;
      load(v, h + c);
      load(s, scale + c);
      load(b, shift + c);
      v = v * (s + 1.0f) + b;
      store(y + c, v > 0.0f ? v : 0.0f);
    }
}
RESTORE_TARGET_CLONES void scaled_relu_half(std::int64_t rows, std::int64_t channels,
                                            const Bfloat* h, const float* scale, const float* shift,
                                            Bfloat* y) {
  scaled_relu_rows(rows, channels, h, scale, shift, y);
}
RESTORE_TARGET_CLONES void scaled_relu_float(std::int64_t rows, std::int64_t channels,
                                             const float* h, const float* scale, const float* shift,
                                             float* y) {
  scaled_relu_rows(rows, channels, h, scale, shift, y);
}

// With g = dy where y > 0, else 0:  dh = g (1 + scale), dscale = sum g h, dshift = sum g.
template <typename T>
RESTORE_INLINE void scaled_relu_rows_pullback(std::int64_t rows, std::int64_t channels, const T* h,
                                              const float* scale, const float* shift, const T* dy,
                                              T* dh, float* dscale, float* dshift) {
  for (std::int64_t r = 0; r < rows; ++r, h += channels, dy += channels, dh += channels)
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      Lanes v, s, b, g, a;
      load(v, h + c);
      load(s, scale + c);
      load(b, shift + c);
      load(g, dy + c);
      g = v * (s + 1.0f) + b > 0.0f ? g : 0.0f;
      store(dh + c, g * (s + 1.0f));
      load(a, dscale + c);
      store(dscale + c, a + g * v);
      load(a, dshift + c);
      store(dshift + c, a + g);
    }
}
RESTORE_TARGET_CLONES void scaled_relu_pullback_half(std::int64_t rows, std::int64_t channels,
                                                     const Bfloat* h, const float* scale,
                                                     const float* shift, const Bfloat* dy,
                                                     Bfloat* dh, float* dscale, float* dshift) {
  scaled_relu_rows_pullback(rows, channels, h, scale, shift, dy, dh, dscale, dshift);
}
RESTORE_TARGET_CLONES void scaled_relu_pullback_float(std::int64_t rows, std::int64_t channels,
                                                      const float* h, const float* scale,
                                                      const float* shift, const float* dy,
                                                      float* dh, float* dscale, float* dshift) {
  scaled_relu_rows_pullback(rows, channels, h, scale, shift, dy, dh, dscale, dshift);
}

RESTORE_TARGET_CLONES void add_half_range(std::int64_t n, const float* x, const Bfloat* h,
                                          float* y) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
    Lanes a, b;
    load(a, x + i);
    load(b, h + i);
    store(y + i, a + b);
  }
}
RESTORE_TARGET_CLONES void add_half_and_round_range(std::int64_t n, const float* x, const Bfloat* h,
                                                    float* y, Bfloat* z) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
    Lanes a, b;
    load(a, x + i);
    load(b, h + i);
    a += b;
    store(y + i, a);
    store(z + i, a);
  }
}
// One row of h, two of x and y.
template <typename T>
RESTORE_INLINE void add_shuffled_row(std::int64_t width, std::int64_t channels, const float* x,
                                     const T* h, float* y) {
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t column = 0; column < width; ++column, x += 2 * channels, y += 2 * channels) {
      const T* from = h + (4 * column + 2 * i) * channels;
      for (std::int64_t c = 0; c < 2 * channels; c += kLanes) {
        Lanes a, b;
        load(a, x + c);
        load(b, from + c);
        store(y + c, a + b);
      }
    }
}
RESTORE_TARGET_CLONES void add_shuffled_half(std::int64_t width, std::int64_t channels,
                                             const float* x, const Bfloat* h, float* y) {
  add_shuffled_row(width, channels, x, h, y);
}
RESTORE_TARGET_CLONES void add_shuffled_float(std::int64_t width, std::int64_t channels,
                                              const float* x, const float* h, float* y) {
  add_shuffled_row(width, channels, x, h, y);
}
template <typename T>
RESTORE_INLINE void unshuffle_row(std::int64_t width, std::int64_t channels, const float* dy,
                                  T* dh) {
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t column = 0; column < width; ++column, dy += 2 * channels) {
      T* to = dh + (4 * column + 2 * i) * channels;
      for (std::int64_t c = 0; c < 2 * channels; c += kLanes) {
        Lanes a;
        load(a, dy + c);
        store(to + c, a);
      }
    }
}
RESTORE_TARGET_CLONES void unshuffle_half(std::int64_t width, std::int64_t channels,
                                          const float* dy, Bfloat* dh) {
  unshuffle_row(width, channels, dy, dh);
}
RESTORE_TARGET_CLONES void unshuffle_float(std::int64_t width, std::int64_t channels,
                                           const float* dy, float* dh) {
  unshuffle_row(width, channels, dy, dh);
}
RESTORE_TARGET_CLONES void to_half_range(std::int64_t n, const float* x, Bfloat* y) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
    Lanes a;
    load(a, x + i);
    store(y + i, a);
  }
}
RESTORE_TARGET_CLONES void from_half_range(std::int64_t n, const Bfloat* x, float* y) {
  for (std::int64_t i = 0; i < n; i += kLanes) {
    Lanes a;
    load(a, x + i);
    store(y + i, a);
  }
}

// Rows that make one task worth its dispatch: about 64 KiB of floats.
std::int64_t grain(std::int64_t channels) { return std::max<std::int64_t>(1, 16384 / channels); }

template <typename T>
const T* offset(const void* p, std::int64_t n) {
  return static_cast<const T*>(p) + n;
}
template <typename T>
T* offset(void* p, std::int64_t n) {
  return static_cast<T*>(p) + n;
}

}  // namespace

void channel_norm_forward(const NormShape& shape, const float* x, const float* scale,
                          const float* shift, float* statistics, void* y, bool half) {
  const auto c = shape.channels;
  for (std::int64_t n = 0; n < shape.items; ++n)
    at::parallel_for(0, shape.pixels, grain(c), [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t row = n * shape.pixels + begin, rows = end - begin;
      if (half)
        norm_rows_half(rows, c, x + row * c, scale + n * c, shift + n * c, statistics + 2 * row,
                       offset<Bfloat>(y, row * c));
      else
        norm_rows_float(rows, c, x + row * c, scale + n * c, shift + n * c, statistics + 2 * row,
                        offset<float>(y, row * c));
    });
}

void channel_norm_backward(const NormShape& shape, const float* x, const float* scale,
                           const float* statistics, const void* dy, bool half, float* dx,
                           float* dscale, float* dshift) {
  const auto c = shape.channels;
  // Parallel over items: each sums its own dscale and dshift, in one order.
  at::parallel_for(0, shape.items, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const std::int64_t row = n * shape.pixels;
      if (half)
        norm_pullback_half(shape.pixels, c, x + row * c, scale + n * c, statistics + 2 * row,
                           offset<Bfloat>(dy, row * c), dx + row * c, dscale + n * c,
                           dshift + n * c);
      else
        norm_pullback_float(shape.pixels, c, x + row * c, scale + n * c, statistics + 2 * row,
                            offset<float>(dy, row * c), dx + row * c, dscale + n * c,
                            dshift + n * c);
    }
  });
}

void gate_forward(std::int64_t pixels, std::int64_t channels, const void* x, void* y, bool half) {
  at::parallel_for(0, pixels, grain(channels), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t in = 2 * begin * channels, out = begin * channels;
    if (half)
      gate_rows_half(end - begin, channels, offset<Bfloat>(x, in), offset<Bfloat>(y, out));
    else
      gate_rows_float(end - begin, channels, offset<float>(x, in), offset<float>(y, out));
  });
}

void gate_backward(std::int64_t pixels, std::int64_t channels, const void* x, const void* dy,
                   void* dx, bool half) {
  at::parallel_for(0, pixels, grain(channels), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t in = 2 * begin * channels, out = begin * channels;
    if (half)
      gate_pullback_half(end - begin, channels, offset<Bfloat>(x, in), offset<Bfloat>(dy, out),
                         offset<Bfloat>(dx, in));
    else
      gate_pullback_float(end - begin, channels, offset<float>(x, in), offset<float>(dy, out),
                          offset<float>(dx, in));
  });
}

void scaled_relu_forward(const ScaledShape& shape, const void* h, const float* scale,
                         const float* shift, void* y, bool half) {
  const auto c = shape.channels;
  for (std::int64_t n = 0; n < shape.items; ++n)
    at::parallel_for(0, shape.pixels, grain(c), [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t first = (n * shape.pixels + begin) * c, rows = end - begin;
      if (half)
        scaled_relu_half(rows, c, offset<Bfloat>(h, first), scale + n * c, shift + n * c,
                         offset<Bfloat>(y, first));
      else
        scaled_relu_float(rows, c, offset<float>(h, first), scale + n * c, shift + n * c,
                          offset<float>(y, first));
    });
}

void scaled_relu_backward(const ScaledShape& shape, const void* h, const float* scale,
                          const float* shift, const void* dy, void* dh, float* dscale,
                          float* dshift, bool half) {
  const auto c = shape.channels;
  // Parallel over items: each sums its own dscale and dshift, in one order.
  at::parallel_for(0, shape.items, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const std::int64_t first = n * shape.pixels * c;
      if (half)
        scaled_relu_pullback_half(shape.pixels, c, offset<Bfloat>(h, first), scale + n * c,
                                  shift + n * c, offset<Bfloat>(dy, first),
                                  offset<Bfloat>(dh, first), dscale + n * c, dshift + n * c);
      else
        scaled_relu_pullback_float(shape.pixels, c, offset<float>(h, first), scale + n * c,
                                   shift + n * c, offset<float>(dy, first),
                                   offset<float>(dh, first), dscale + n * c, dshift + n * c);
    }
  });
}

void add_half(std::int64_t n, const float* x, const void* h, float* y) {
  at::parallel_for(0, n / kLanes, grain(kLanes), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * kLanes;
    add_half_range((end - begin) * kLanes, x + first, offset<Bfloat>(h, first), y + first);
  });
}

void add_half_and_round(std::int64_t n, const float* x, const void* h, float* y, void* z) {
  at::parallel_for(0, n / kLanes, grain(kLanes), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * kLanes;
    add_half_and_round_range((end - begin) * kLanes, x + first, offset<Bfloat>(h, first), y + first,
                             offset<Bfloat>(z, first));
  });
}

void add_shuffled(const ShuffleShape& shape, const float* x, const void* h, float* y, bool half) {
  const auto row = 4 * shape.width * shape.channels;
  at::parallel_for(0, shape.items * shape.height, grain(row),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (auto first = begin * row; first < end * row; first += row)
                       if (half)
                         add_shuffled_half(shape.width, shape.channels, x + first,
                                           offset<Bfloat>(h, first), y + first);
                       else
                         add_shuffled_float(shape.width, shape.channels, x + first,
                                            offset<float>(h, first), y + first);
                   });
}

void unshuffle(const ShuffleShape& shape, const float* dy, void* dh, bool half) {
  const auto row = 4 * shape.width * shape.channels;
  at::parallel_for(
      0, shape.items * shape.height, grain(row), [&](std::int64_t begin, std::int64_t end) {
        for (auto first = begin * row; first < end * row; first += row)
          if (half)
            unshuffle_half(shape.width, shape.channels, dy + first, offset<Bfloat>(dh, first));
          else
            unshuffle_float(shape.width, shape.channels, dy + first, offset<float>(dh, first));
      });
}

void to_half(std::int64_t n, const float* x, void* y) {
  at::parallel_for(0, n / kLanes, grain(kLanes), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * kLanes;
    to_half_range((end - begin) * kLanes, x + first, offset<Bfloat>(y, first));
  });
}

void from_half(std::int64_t n, const void* x, float* y) {
  at::parallel_for(0, n / kLanes, grain(kLanes), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * kLanes;
    from_half_range((end - begin) * kLanes, offset<Bfloat>(x, first), y + first);
  });
}

}  // namespace restore::kernels
