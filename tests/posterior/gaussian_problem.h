// A linear-Gaussian problem, where everything is known: x0 ~ N(m, C), y = A x0 + sigma_y n.
#pragma once

#include <memory>

#include "librestore/model/measurement.h"
#include "librestore/model/random.h"
#include "priors/exact/gaussian.h"
#include "tests/posterior/svd_operator.h"
#include "tests/support/small_problems.h"

namespace restore::testing {

// N(mean, covariance): d, d x d, float64.
struct Moments {
  torch::Tensor mean, covariance;
};

struct GaussianProblem {
  torch::Tensor A;  // M x N
  double sigma_y = 0.1;
  Moments prior;
  torch::Tensor y;                       // M
  std::shared_ptr<const Operator> op{};  // A as an operator of its own; empty: from A's dense SVD

  Measurement measurement() const {
    return {y.view({1, 1, 1, -1}), op ? op : std::make_shared<SvdOperator>(A),
            std::make_shared<WhiteNoise>(sigma_y)};
  }
  Gaussian denoiser() const {
    return {prior.mean.view({1, 1, -1}), dense_covariance(prior.covariance)};
  }
};

inline torch::Tensor identity(std::int64_t n) { return torch::eye(n, torch::kFloat64); }

// x0 given A x0 + e = y, e ~ N(0, noise).
inline Moments condition(const Moments& x0, const torch::Tensor& A, const torch::Tensor& noise,
                         const torch::Tensor& y) {
  const auto CAt = torch::mm(x0.covariance, A.t());
  // K = C A^T (A C A^T + noise)^-1
  const auto K = torch::mm(CAt, torch::inverse(torch::mm(A, CAt) + noise));
  return {x0.mean + torch::mv(K, y - torch::mv(A, x0.mean)), x0.covariance - torch::mm(K, CAt.t())};
}

inline Moments posterior(const GaussianProblem& problem, const Moments& prior) {
  const auto noise = problem.sigma_y * problem.sigma_y * identity(problem.A.size(0));
  return condition(prior, problem.A, noise, problem.y);
}

// log N(y; A m, A C A^T + sigma_y^2 I)
inline double log_evidence(const GaussianProblem& problem, const Moments& prior) {
  const auto& A = problem.A;
  const auto S = torch::mm(torch::mm(A, prior.covariance), A.t()) +
                 problem.sigma_y * problem.sigma_y * identity(A.size(0));
  const auto r = problem.y - torch::mv(A, prior.mean);
  return -0.5 * (torch::dot(r, torch::mv(torch::inverse(S), r)) + torch::logdet(2 * M_PI * S))
                    .item<double>();
}

// A of M x N entries N(0, 1/N), a prior with correlated pixels around 1/2 and standard deviations
// near 1/4, and a measurement of one draw.
inline GaussianProblem make_gaussian_problem(std::int64_t M = 3, std::int64_t N = 5) {
  Rng rng(11);
  const auto draw = [&](std::int64_t rows, std::int64_t columns) {
    return randn(rng, {1, rows, columns}, 1, torch::kFloat64)[0][0];
  };
  GaussianProblem problem;
  problem.A = draw(M, N) / std::sqrt(static_cast<double>(N));
  const auto factor = 0.2 * identity(N) + 0.1 * draw(N, N);
  problem.prior = {torch::full({N}, 0.5, torch::kFloat64) + 0.1 * draw(1, N)[0],
                   torch::mm(factor, factor.t())};
  const auto x0 = problem.prior.mean + torch::mv(factor, draw(1, N)[0]);
  problem.y = torch::mv(problem.A, x0) + problem.sigma_y * draw(1, M)[0];
  return problem;
}

}  // namespace restore::testing
