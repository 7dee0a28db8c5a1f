#include "librestore/linalg/inner_product.h"

#include "librestore/core/parallel.h"

namespace restore {
namespace {

// Large enough to hide the cost of a task, small enough to share a 256 x 256 picture among cores.
constexpr std::int64_t kBlock = 1 << 14;

template <typename T>
double block_product(const T* a, const T* b, std::int64_t count) {
  // Eight accumulators in a fixed order: vectorises without licence to reassociate.
  double lanes[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int lane = 0; lane < 8; ++lane)
      lanes[lane] += static_cast<double>(a[i + lane]) * static_cast<double>(b[i + lane]);
  for (; i < count; ++i) lanes[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
         ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

template <typename T>
double item_product(const T* a, const T* b, std::int64_t count) {
  const std::int64_t blocks = (count + kBlock - 1) / kBlock;
  std::vector<double> sums(static_cast<std::size_t>(blocks));
  parallel_ranges(blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * kBlock;
      sums[static_cast<std::size_t>(block)] =
          block_product(a + first, b + first, std::min(kBlock, count - first));
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace

torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b) {
  TORCH_CHECK(a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type(),
              "inner_product: ", a.sizes(), " and ", b.sizes());
  const auto left = a.contiguous(), right = b.contiguous();
  const std::int64_t items = a.size(0), count = items ? a.numel() / items : 0;
  auto result = torch::empty({items, 1, 1, 1}, torch::kFloat64);
  double* out = result.data_ptr<double>();
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "inner_product", [&] {
    for (std::int64_t n = 0; n < items; ++n)
      out[n] = item_product(left.data_ptr<scalar_t>() + n * count,
                            right.data_ptr<scalar_t>() + n * count, count);
  });
  return result;
}

torch::Tensor squared_norm(const torch::Tensor& a) { return inner_product(a, a); }

double total_squared_norm(const torch::Tensor& a) {
  const auto norms = squared_norm(a);
  double total = 0;
  for (std::int64_t n = 0; n < norms.size(0); ++n) total += norms.data_ptr<double>()[n];
  return total;
}

}  // namespace restore
