#include "priors/neural/muon.h"

#include <cmath>

#include <ATen/ATen.h>

namespace restore {
namespace {

constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;  // Jordan et al.'s coefficients
constexpr int kIterations = 5;
constexpr double kUpdateRms = 0.2;  // Adam's, by Liu et al.

}  // namespace

torch::Tensor orthogonalise(const torch::Tensor& matrix, torch::ScalarType type) {
  const bool tall = matrix.size(0) > matrix.size(1);
  auto x = tall ? matrix.t() : matrix;
  x = (x / (x.norm() + 1e-12)).to(type).contiguous();
  for (int i = 0; i < kIterations; ++i) {
    // X <- a X + (b S + c S^2) X, S = X X^T
    const auto s = at::mm(x, x.t());
    x = kA * x + at::mm(kB * s + kC * at::mm(s, s), x);
  }
  return (tall ? x.t() : x).to(torch::kFloat32);
}

void muon_step(const MuonStep& step, const torch::Tensor& gradient, torch::Tensor weights,
               torch::Tensor mean, torch::Tensor average) {
  // m <- mu m + (1 - mu) g
  mean.lerp_(gradient, 1 - step.momentum);
  const auto direction = at::lerp(mean, gradient, 1 - step.momentum).flatten(1);
  const double longer = static_cast<double>(std::max(direction.size(0), direction.size(1)));
  weights.sub_(orthogonalise(direction, step.type).view_as(weights),
               step.rate * kUpdateRms * std::sqrt(longer));
  average.lerp_(weights, step.average_rate);
}

}  // namespace restore
