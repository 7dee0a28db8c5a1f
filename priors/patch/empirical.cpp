#include "priors/patch/empirical.h"

#include <ATen/ATen.h>

#include "librestore/core/error.h"
#include "librestore/model/shape.h"

namespace restore {
namespace {

constexpr std::int64_t kBlock = 64;  // pictures that are held in float64 at once

}  // namespace

Empirical::Empirical(const torch::Tensor& pictures, std::string name)
    : pictures_(pictures), name_(std::move(name)) {}

torch::Tensor Empirical::weights(const torch::Tensor& x, double sigma) const {
  if (x.sizes().slice(1) != pictures_.sizes().slice(1))
    throw usage_error("prior '{}': its pictures are {}, this one is {}", name_,
                      shape_of(pictures_[0]).to_string(), shape_of(x[0]).to_string());
  const auto rows = x.to(torch::kFloat64).flatten(1);
  std::vector<torch::Tensor> distances;
  for (std::int64_t n = 0; n < rows.size(0); ++n) {
    std::vector<torch::Tensor> row;
    for (const auto& block : pictures_.split(kBlock))
      row.push_back((block.to(torch::kFloat64).flatten(1) - rows[n]).square().sum(1));
    distances.push_back(torch::cat(row));
  }
  // softmax_i(-||x - x_i||^2 / (2 sigma^2))
  return at::softmax(-torch::stack(distances) / (2 * sigma * sigma), 1);
}

torch::Tensor Empirical::average(const torch::Tensor& w) const {
  auto sum = torch::zeros({w.size(0), pictures_[0].numel()}, w.options());
  for (std::int64_t i = 0; i < pictures_.size(0); i += kBlock) {
    const auto block = pictures_.slice(0, i, i + kBlock).to(torch::kFloat64).flatten(1);
    sum += torch::mm(w.slice(1, i, i + kBlock), block);
  }
  return sum;
}

torch::Tensor Empirical::denoise(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return x;
  return average(weights(x, sigma)).view_as(x).to(x.scalar_type());
}

Linearization Empirical::linearize(const torch::Tensor& x, double sigma) const {
  if (sigma == 0) return {x, [](const torch::Tensor& v) { return v; }};
  const auto w = weights(x, sigma);
  const auto D = average(w);
  const auto vjp = [this, w, D, sigma](const torch::Tensor& v) {
    const auto flat = v.to(torch::kFloat64).flatten(1);
    // J^T v = sum_i w_i <x_i, v> x_i / s^2 - D <D, v> / s^2 = sum_i w_i <x_i - D, v> x_i / s^2
    std::vector<torch::Tensor> products;
    for (const auto& block : pictures_.split(kBlock))
      products.push_back(torch::mm(flat, block.to(torch::kFloat64).flatten(1).t()));
    const auto centred = torch::cat(products, 1) - (D * flat).sum(1, true);
    return (average(w * centred) / (sigma * sigma)).view_as(v).to(v.scalar_type());
  };
  return {D.view_as(x).to(x.scalar_type()), vjp};
}

}  // namespace restore
