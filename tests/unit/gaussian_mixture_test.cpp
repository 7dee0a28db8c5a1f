// Mixture priors: the denoiser against a sum over components, the posterior against Bayes' rule and
// the public benchmark's closed form.
#include "priors/exact/gaussian_mixture.h"

#include <numbers>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "tests/posterior/gmm_problem.h"
#include "tests/support/comparison.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

using testing::relative_difference;

torch::Tensor fixed_normal(std::uint64_t seed, std::vector<std::int64_t> size) {
  Rng rng(seed);
  return randn(rng, {1, 1, c10::multiply_integers(size)}, 1, torch::kFloat64).view(size);
}

CovariancePointer some_covariance(std::uint64_t seed) {
  const auto factor = fixed_normal(seed, {4, 4});
  return dense_covariance(torch::mm(factor, factor.t()) + 0.1 * torch::eye(4, torch::kFloat64));
}

const std::vector<double> kWeights{0.2, 0.5, 0.3};

GaussianMixture some_mixture() {
  return {torch::tensor(kWeights, torch::kFloat64),
          2 * fixed_normal(1, {3, 1, 2, 2}),
          {some_covariance(2), some_covariance(3), some_covariance(4)}};
}

// The distribution written out, one component at a time.
BOOST_AUTO_TEST_CASE(density_and_denoiser_are_the_weighted_sums) {
  const auto prior = some_mixture();
  const auto x = fixed_normal(5, {1, 1, 2, 2}), column = x.view({4, 1});
  for (const double sigma : {0.1, 1.0, 7.0}) {
    double density = 0;
    auto mean = torch::zeros({4, 1}, torch::kFloat64);
    for (std::size_t k = 0; k < 3; ++k) {
      const auto C = some_covariance(2 + k)->matrix();
      const auto S = C + sigma * sigma * torch::eye(4, torch::kFloat64);
      const auto m = prior.means()[static_cast<std::int64_t>(k)].view({4, 1}), r = column - m;
      const double distance = torch::mm(r.t(), torch::linalg_solve(S, r)).item<double>();
      const double likelihood = std::exp(-0.5 * distance) /
                                (4 * std::numbers::pi * std::numbers::pi) /
                                std::sqrt(torch::det(S).item<double>());
      density += kWeights[k] * likelihood;
      mean += kWeights[k] * likelihood * (m + torch::mm(C, torch::linalg_solve(S, r)));
    }
    BOOST_TEST(std::abs(prior.log_density(x, sigma).item<double>() - std::log(density)) < 1e-10);
    BOOST_TEST(relative_difference(prior.denoise(x, sigma).view({4, 1}), mean / density) < 1e-11);
  }
}

// Components that share a multiple of the identity have a way of their own, which gives the same.
BOOST_AUTO_TEST_CASE(one_variance_for_all_is_that_variance_for_each) {
  const auto weights = torch::tensor(kWeights, torch::kFloat64);
  const auto means = 2 * fixed_normal(1, {3, 1, 2, 2});
  const GaussianMixture shared(weights, means, 0.7);
  const auto C = isotropic_covariance(4, 0.7);
  const GaussianMixture each(weights, means, {C, C, C});
  const auto x = 3 * fixed_normal(11, {6, 1, 2, 2}), v = fixed_normal(12, {6, 1, 2, 2});
  for (const double sigma : {0.01, 1.0, 7.0}) {
    const auto [D, vjp] = shared.linearize(x, sigma);
    BOOST_TEST(relative_difference(D, each.denoise(x, sigma)) < 1e-13);
    BOOST_TEST(torch::equal(D, shared.denoise(x, sigma)));
    BOOST_TEST(relative_difference(vjp(v), each.linearize(x, sigma).vjp(v)) < 1e-12);
  }
}

// Far below the smallest and far above the largest scale of the prior.
BOOST_AUTO_TEST_CASE(right_at_any_noise_level) {
  const auto means = fixed_normal(6, {3, 1, 2, 2});
  const auto weights = torch::tensor(kWeights, torch::kFloat64);
  const GaussianMixture points(weights, means, 0);
  const auto x = means + 0.01 * fixed_normal(7, {3, 1, 2, 2});
  BOOST_TEST(torch::equal(points.denoise(x, 1e-8), means));  // the nearest point
  BOOST_TEST(torch::equal(points.linearize(x, 1e-8).vjp(x), torch::zeros_like(x)));
  const auto average = (weights.view({3, 1, 1, 1}) * means).sum(0);
  for (const GaussianMixture& prior : {points, GaussianMixture(weights, means, 0.5)}) {
    // x / sigma^2 = 1e-16 moves the average
    BOOST_TEST(relative_difference(prior.denoise(x, 1e8)[0], average) < 1e-14);
    BOOST_TEST(prior.denoise(1e12 * x, 1e-6).isfinite().all().item<bool>());
    BOOST_TEST(prior.linearize(1e12 * x, 1e-6).vjp(x).isfinite().all().item<bool>());
  }
}

BOOST_AUTO_TEST_CASE(posterior_of_the_public_benchmark) {
  for (const auto& [dx, dy] : {std::pair{8, 1}, {8, 4}, {80, 2}}) {
    const auto problem = testing::make_gmm_problem(dx, dy, 27);
    const GaussianMixture prior(problem.weights, problem.means.view({25, 1, 1, dx}), 1);
    const auto given_y = posterior(prior, problem.measurement());
    const auto& A = problem.A->matrix();
    const double variance = problem.sigma_y * problem.sigma_y;
    // log w_k + log N(y; A m_k, A A^T + sigma_y^2 I), normalised
    const auto S = torch::mm(A, A.t()) + variance * torch::eye(dy, torch::kFloat64);
    const auto r = problem.y.view({1, dy}) - torch::mm(problem.means, A.t());
    const auto distance = (torch::mm(r, torch::inverse(S)) * r).sum(1);
    const auto expected = torch::log_softmax(problem.weights.log() - 0.5 * distance, 0);
    const auto likely = expected > -600;  // below, exp gives less than the smallest double
    BOOST_TEST(relative_difference(given_y.log_weights().masked_select(likely),
                                   expected.masked_select(likely)) < 1e-9);
    // Sigma = (I + A^T A / sigma_y^2)^-1, mu_k = Sigma (A^T y / sigma_y^2 + m_k)
    const auto Sigma =
        torch::inverse(torch::eye(dx, torch::kFloat64) + torch::mm(A.t(), A) / variance);
    const auto mu =
        torch::mm(Sigma, torch::mm(A.t(), problem.y.view({dy, 1})) / variance + problem.means.t());
    BOOST_TEST(relative_difference(given_y.covariances()[0]->matrix(), Sigma) < 1e-10);
    BOOST_TEST(relative_difference(given_y.means().view({25, dx}), mu.t()) < 1e-10);
  }
}

// log p(y) = log p(x) + log p(y | x) - log p(x | y) at every x.
BOOST_AUTO_TEST_CASE(evidence_is_what_bayes_says) {
  const Measurement measurement{fixed_normal(8, {1, 1, 1, 2}),
                                std::make_shared<testing::Matrix>(fixed_normal(9, {2, 4})),
                                std::make_shared<testing::WhiteNoise>(0.4)};
  const GaussianMixture prior(torch::tensor(kWeights, torch::kFloat64),
                              fixed_normal(1, {3, 1, 1, 4}),
                              {some_covariance(2), some_covariance(3), some_covariance(4)});
  const auto x = fixed_normal(10, {5, 1, 1, 4});
  const auto likelihood = log_normal(measurement.y.flatten(1), measurement.A->apply(x).flatten(1),
                                     torch::full({2}, 0.16, torch::kFloat64))
                              .flatten();
  const auto evidence =
      prior.log_density(x, 0) + likelihood - posterior(prior, measurement).log_density(x, 0);
  const double closed = log_evidence(prior, measurement);
  BOOST_TEST((evidence - closed).abs().max().item<double>() < 1e-9);
}

BOOST_AUTO_TEST_CASE(draws_have_the_moments_and_the_shares) {
  constexpr std::int64_t kDraws = 8000;
  const auto prior = some_mixture();
  Rng rng(11);
  const auto x = prior.draw(rng, kDraws).flatten(1);
  const auto w = torch::tensor(kWeights, torch::kFloat64).view({3, 1});
  const auto m = prior.means().flatten(1);
  auto second = torch::mm((w * m).t(), m);
  for (std::size_t k = 0; k < 3; ++k) second += kWeights[k] * some_covariance(2 + k)->matrix();
  // 4 standard errors, from the draws themselves, of the first and second moments.
  const auto check = [](const torch::Tensor& values, const torch::Tensor& expected) {
    const auto error = values.std(0) / std::sqrt(static_cast<double>(kDraws));
    BOOST_TEST(((values.mean(0) - expected) / error).abs().max().item<double>() < 4);
  };
  check(x, (w * m).sum(0));
  check(x.unsqueeze(2) * x.unsqueeze(1), second);
  check(prior.log_responsibilities(x.view({kDraws, 1, 2, 2}), 1e-3).exp(), w.flatten());
}

BOOST_AUTO_TEST_CASE(a_draw_is_the_same_alone_and_in_a_batch) {
  const GaussianMixture prior(torch::tensor(kWeights, torch::kFloat64),
                              fixed_normal(1, {3, 1, 2, 2}), 0.25);
  Rng together(12);
  const auto batch = prior.draw(together, 9);
  for (std::uint32_t k = 0; k < 9; ++k) {
    Rng alone(12, 0, k);
    BOOST_TEST(torch::equal(prior.draw(alone, 1)[0], batch[k]));
  }
}

BOOST_AUTO_TEST_CASE(mistakes_are_told) {
  const auto means = torch::zeros({2, 1, 1, 3});
  BOOST_CHECK_THROW(GaussianMixture(torch::ones({3}), means, 1), Error);
  BOOST_CHECK_THROW(GaussianMixture(torch::tensor({-1., 2.}), means, 1), Error);
  BOOST_CHECK_THROW(GaussianMixture(torch::ones({2}), means, {isotropic_covariance(2, 1)}), Error);
}

}  // namespace
}  // namespace restore
