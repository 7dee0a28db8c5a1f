#include "tests/posterior/statistics.h"

#include <boost/math/distributions/chi_squared.hpp>

#include "librestore/model/random.h"

namespace restore::testing {

double mean_error(const torch::Tensor& samples, const torch::Tensor& mean,
                  const torch::Tensor& covariance) {
  const auto standard_error = (covariance.diag() / samples.size(0)).sqrt();
  return ((samples.mean(0) - mean) / standard_error).abs().max().item<double>();
}

torch::Tensor sample_covariance(const torch::Tensor& samples) {
  const auto centred = samples - samples.mean(0);
  return torch::mm(centred.t(), centred) / (samples.size(0) - 1);
}

double covariance_error(const torch::Tensor& samples, const torch::Tensor& covariance) {
  const auto variance = covariance.diag();
  // Var S_ij = (C_ii C_jj + C_ij^2) / K for a Gaussian.
  const auto standard_error =
      ((torch::outer(variance, variance) + covariance.square()) / samples.size(0)).sqrt();
  return ((sample_covariance(samples) - covariance) / standard_error).abs().max().item<double>();
}

double uniformity_p_value(const std::vector<int>& counts) {
  double total = 0;
  for (const int count : counts) total += count;
  const double expected = total / static_cast<double>(counts.size());
  double statistic = 0;
  for (const int count : counts) statistic += (count - expected) * (count - expected) / expected;
  const boost::math::chi_squared distribution(static_cast<double>(counts.size() - 1));
  return cdf(complement(distribution, statistic));
}

double sliced_wasserstein(const torch::Tensor& a, const torch::Tensor& b, int directions,
                          std::uint64_t seed) {
  TORCH_CHECK(a.sizes() == b.sizes(), "as many samples of the same size on both sides");
  Rng rng(seed);
  auto theta = randn(rng, {1, directions, a.size(1)}, 1, torch::kFloat64)[0][0];
  theta = theta / theta.norm(2, 1, /*keepdim=*/true);
  const auto sorted = [&](const torch::Tensor& samples) {
    return std::get<0>(torch::mm(theta, samples.to(torch::kFloat64).t()).sort(1));
  };
  // W1 on the line: the mean distance of the order statistics.
  return (sorted(a) - sorted(b)).abs().mean().item<double>();
}

}  // namespace restore::testing
