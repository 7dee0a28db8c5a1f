// A measurement whose noise is correlated, made white: y = K x0 + n on a circle of pixels, K a
// circular convolution, n stationary. The operator W K comes with the spectral form that
// operators/whitened.h gives it.
#pragma once

#include "operators/convolution/circular_convolution.h"
#include "operators/noise/correlated_noise.h"
#include "operators/whitened.h"
#include "tests/posterior/gaussian_problem.h"

namespace restore::testing {

struct CorrelatedProblem {
  GaussianProblem white;  // A = W K, y = W y
  Moments posterior;      // of the measurement as it was, from K and the covariance of its noise
};

// The matrix of an operator on pictures of one row.
inline torch::Tensor matrix_of(const Operator& A, std::int64_t n) {
  return A.apply(identity(n).view({n, 1, 1, n})).view({n, n}).t().contiguous();
}

// Cov(n_i, n_j) = mean_w P(w) cos(w (i - j)),  P(w) = c / (1 + length^2 4 sin^2(w/2)),  mean P =
// sigma^2
inline torch::Tensor correlated_covariance(std::int64_t n, double sigma, double length) {
  const auto k = torch::arange(n, torch::kFloat64);
  const auto w = 2 * M_PI / static_cast<double>(n) * k;
  auto P = 1 / (1 + 4 * length * length * (w / 2).sin().square());
  P = P * (sigma * sigma / P.mean());
  const auto lag = (k.unsqueeze(1) - k).unsqueeze(2);
  return (P * (w * lag).cos()).mean(2);
}

inline CorrelatedProblem make_correlated_problem() {
  constexpr std::int64_t kPixels = 5;
  constexpr double kSigma = 0.1, kLength = 1;
  const Shape shape{1, 1, kPixels};
  // Without symmetry: its spectrum has phases.
  const auto kernel = torch::tensor({0.15, 0.6, 0.25}, torch::kFloat64).view({1, 3});
  const auto K = std::make_shared<CircularConvolution>(kernel, shape);
  const auto noise = std::make_shared<CorrelatedNoise>(kSigma, kLength);
  CorrelatedProblem problem{make_gaussian_problem(kPixels, kPixels), {}};
  Rng rng(12);
  const auto x0 = problem.white.prior.mean.view({1, 1, 1, kPixels}) +
                  0.25 * randn(rng, shape, 1, torch::kFloat64);
  const auto y = noise->sample(K->apply(x0), rng);
  problem.posterior = condition(problem.white.prior, matrix_of(*K, kPixels),
                                correlated_covariance(kPixels, kSigma, kLength), y.flatten());
  const auto measurement = whitened(Measurement{y, K, noise});
  problem.white.op = measurement.A;
  problem.white.A = matrix_of(*measurement.A, kPixels);
  problem.white.sigma_y = measurement.sigma_y();
  problem.white.y = measurement.y.flatten();
  return problem;
}

}  // namespace restore::testing
