#include "operators/numeric/hadamard.h"

#include <bit>
#include <cmath>

#include "librestore/core/parallel.h"

namespace restore {
namespace {

constexpr std::int64_t kInCache = 1 << 14;  // numbers

template <typename T>
void butterflies(T* a, T* b, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    const T sum = a[i] + b[i];
    b[i] = a[i] - b[i];
    a[i] = sum;
  }
}

template <typename T>
void transform_in_cache(T* x, std::int64_t n, T scale) {
  for (std::int64_t half = n / 2; half >= 1; half /= 2)
    for (std::int64_t at = 0; at < n; at += 2 * half) butterflies(x + at, x + at + half, half);
  for (std::int64_t i = 0; i < n; ++i) x[i] *= scale;
}

// A piece of a power of two: the long strides first, each pass in parallel, then what fits the
// cache.
template <typename T>
void transform_piece(T* x, std::int64_t n) {
  const T scale = static_cast<T>(1 / std::sqrt(static_cast<double>(n)));
  for (std::int64_t half = n / 2; half >= kInCache; half /= 2) {
    const std::int64_t per_pair = half / kInCache;
    parallel_ranges(n / 2 / kInCache, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        T* const a = x + i / per_pair * 2 * half + i % per_pair * kInCache;
        butterflies(a, a + half, kInCache);
      }
    });
  }
  const std::int64_t chunk = std::min(n, kInCache);
  parallel_ranges(n / chunk, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) transform_in_cache(x + i * chunk, chunk, scale);
  });
}

}  // namespace

void hadamard_rows(torch::Tensor& x) {
  const std::int64_t rows = x.size(0), n = x.size(1);
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "hadamard_rows", [&] {
    for (std::int64_t row = 0; row < rows; ++row) {
      scalar_t* at = x.data_ptr<scalar_t>() + row * n;
      for (std::int64_t rest = n; rest > 0;) {
        const auto piece =
            static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(rest)));
        transform_piece(at, piece);
        at += piece;
        rest -= piece;
      }
    }
  });
}

}  // namespace restore
