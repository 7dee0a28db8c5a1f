#include "tests/support/comparison.h"

namespace restore::testing {

double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  TORCH_CHECK(a.sizes() == b.sizes(), "shapes differ: ", a.sizes(), " and ", b.sizes());
  const auto wide = b.to(torch::kFloat64);
  const double scale = wide.norm().item<double>();
  return (a.to(torch::kFloat64) - wide).norm().item<double>() / std::max(scale, 1e-300);
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  TORCH_CHECK(a.sizes() == b.sizes(), "shapes differ: ", a.sizes(), " and ", b.sizes());
  return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

}  // namespace restore::testing
