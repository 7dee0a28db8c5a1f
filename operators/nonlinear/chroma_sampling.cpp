#include "operators/nonlinear/chroma_sampling.h"

#include <ATen/ATen.h>

namespace restore {
namespace {

// Along a dimension, counted from the end: n values in pairs, and pairs as n values.
torch::Tensor first(const torch::Tensor& x, std::int64_t dim) { return x.slice(dim, 0, {}, 2); }
torch::Tensor second(const torch::Tensor& x, std::int64_t dim) { return x.slice(dim, 1, {}, 2); }
torch::Tensor interleaved(const torch::Tensor& a, const torch::Tensor& b, std::int64_t dim) {
  const auto at = a.dim() + dim;
  return torch::stack({a, b}, at + 1).flatten(at, at + 1);
}

// The values before and after each, the ends repeated, and the transposes of both.
torch::Tensor before(const torch::Tensor& c, std::int64_t dim) {
  return at::cat({c.narrow(dim, 0, 1), c.narrow(dim, 0, c.size(dim) - 1)}, dim);
}
torch::Tensor after(const torch::Tensor& c, std::int64_t dim) {
  const auto n = c.size(dim);
  return at::cat({c.narrow(dim, 1, n - 1), c.narrow(dim, n - 1, 1)}, dim);
}
torch::Tensor before_transposed(const torch::Tensor& c, std::int64_t dim) {
  auto out = torch::zeros_like(c);
  const auto n = c.size(dim);
  out.narrow(dim, 0, n - 1).add_(c.narrow(dim, 1, n - 1));
  out.narrow(dim, 0, 1).add_(c.narrow(dim, 0, 1));
  return out;
}
torch::Tensor after_transposed(const torch::Tensor& c, std::int64_t dim) {
  auto out = torch::zeros_like(c);
  const auto n = c.size(dim);
  out.narrow(dim, 1, n - 1).add_(c.narrow(dim, 0, n - 1));
  out.narrow(dim, n - 1, 1).add_(c.narrow(dim, n - 1, 1));
  return out;
}

torch::Tensor halved(const torch::Tensor& x, std::int64_t dim) {
  return (first(x, dim) + second(x, dim)) / 2;
}
torch::Tensor halved_transposed(const torch::Tensor& c, std::int64_t dim) {
  return interleaved(c / 2, c / 2, dim);
}
torch::Tensor doubled(const torch::Tensor& c, std::int64_t dim) {
  return interleaved(0.75 * c + 0.25 * before(c, dim), 0.75 * c + 0.25 * after(c, dim), dim);
}
torch::Tensor doubled_transposed(const torch::Tensor& x, std::int64_t dim) {
  const auto a = first(x, dim), b = second(x, dim);
  return 0.75 * (a + b) + 0.25 * (before_transposed(a, dim) + after_transposed(b, dim));
}

using Along = torch::Tensor (*)(const torch::Tensor&, std::int64_t);

torch::Tensor along(const ChromaSampling& sampling, Along step, const torch::Tensor& x) {
  auto y = x;
  if (sampling.vertical == 2) y = step(y, -2);
  if (sampling.horizontal == 2) y = step(y, -1);
  return y;
}

}  // namespace

torch::Tensor ChromaSampling::down(const torch::Tensor& x) const { return along(*this, halved, x); }
torch::Tensor ChromaSampling::down_transposed(const torch::Tensor& c) const {
  return along(*this, halved_transposed, c);
}
torch::Tensor ChromaSampling::up(const torch::Tensor& c) const { return along(*this, doubled, c); }
torch::Tensor ChromaSampling::up_transposed(const torch::Tensor& x) const {
  return along(*this, doubled_transposed, x);
}

}  // namespace restore
