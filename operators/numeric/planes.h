// Work on large pictures a few planes at a time: what it holds beside its result is that of a few.
#pragma once

#include <algorithm>

#include <ATen/ATen.h>

namespace restore {

// N x C x H x W -> 1 x N C x H x W
inline torch::Tensor planes_of(const torch::Tensor& x) {
  return x.reshape({1, x.size(0) * x.size(1), x.size(2), x.size(3)});
}

// Calls f(first, count) for all planes of x in turn, about 2^22 values at once.
template <typename Function>
void for_planes(const torch::Tensor& x, const Function& f) {
  constexpr std::int64_t kValues = std::int64_t{1} << 22;
  const auto planes = x.size(0) * x.size(1), values = x.size(2) * x.size(3);
  const auto step = std::max<std::int64_t>(1, kValues / std::max<std::int64_t>(1, values));
  for (std::int64_t first = 0; first < planes; first += step)
    f(first, std::min(step, planes - first));
}

// f(x), N x C x height x width, for an f that takes 1 x n x H x W to 1 x n x height x width, plane
// by plane.
template <typename Function>
torch::Tensor by_planes(const torch::Tensor& x, std::int64_t height, std::int64_t width,
                        const Function& f) {
  auto result = torch::empty({x.size(0), x.size(1), height, width}, x.options());
  const auto from = planes_of(x), to = planes_of(result);
  for_planes(x, [&](std::int64_t first, std::int64_t count) {
    to.narrow(1, first, count).copy_(f(from.narrow(1, first, count)));
  });
  return result;
}

}  // namespace restore
