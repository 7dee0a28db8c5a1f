#include "tests/posterior/gmm_problem.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "tests/support/small_problems.h"

namespace restore::testing {
namespace {

// 25 x dx, float32.
torch::Tensor grid_of_means(std::int64_t dx) {
  std::vector<torch::Tensor> rows;
  for (int i = -2; i <= 2; ++i)
    for (int j = -2; j <= 2; ++j)
      rows.push_back(torch::tensor({-8.F * i, -8.F * j}).repeat(dx / 2));
  return torch::stack(rows);
}

}  // namespace

Measurement GmmProblem::measurement() const {
  return {y, A, std::make_shared<WhiteNoise>(sigma_y)};
}

GaussianMixture GmmProblem::prior() const { return {weights, means.view({25, 1, 1, -1}), 1.0}; }

GmmProblem make_gmm_problem(std::int64_t dx, std::int64_t dy, std::uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  const auto randn = [&](at::IntArrayRef size) { return at::randn(size, generator); };

  const auto chi = randn({25}).square();
  const auto weights = chi / chi.sum();
  const auto means = grid_of_means(dx);

  const auto [u, unused, vt] = torch::linalg_svd(randn({dy, dx}), /*full_matrices=*/false);
  const auto s = std::get<0>(at::rand({dy}, generator).sort(0, /*descending=*/true));
  const auto A = torch::mm(u, torch::mm(torch::diag(s), vt));

  const auto component = at::multinomial(weights, 1, true, generator).item<std::int64_t>();
  const auto x_star = (means + randn({25, dx}))[component];
  const auto sigma_y = at::rand({1}, generator) * s.max();
  const auto y = torch::mv(A, x_star) + randn({dy}) * sigma_y;

  const auto row = [](const torch::Tensor& x) { return x.to(torch::kFloat64).view({1, 1, 1, -1}); };
  return {weights.to(torch::kFloat64),
          means.to(torch::kFloat64),
          std::make_shared<SvdOperator>(A),
          sigma_y.item<double>(),
          row(x_star),
          row(y)};
}

}  // namespace restore::testing
