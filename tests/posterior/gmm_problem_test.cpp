// The benchmark's problems are the published ones, and the distance between samples is right.
#include "tests/posterior/gmm_problem.h"

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"
#include "tests/posterior/statistics.h"

namespace restore {
namespace {

using testing::make_gmm_problem;

torch::Tensor posterior_weights(const testing::GmmProblem& problem) {
  return posterior(problem.prior(), problem.measurement()).log_weights().exp();
}

void check_values(const torch::Tensor& values, const std::vector<double>& expected,
                  double tolerance) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    BOOST_TEST(std::abs(values.flatten()[static_cast<std::int64_t>(i)].item<double>() -
                        expected[i]) < tolerance,
               values << " is not " << expected[i] << " at " << i);
}

// Golden values computed with the authors' Python code at seed 27; the tolerance is their last
// digit.
BOOST_AUTO_TEST_CASE(problems_are_those_of_the_public_benchmark) {
  const auto one = make_gmm_problem(8, 1, 27);
  check_values(one.weights, {0.133594}, 1e-6);
  check_values(one.A->singular_values(), {0.0947, 0}, 1e-4);
  BOOST_TEST(std::abs(one.sigma_y - 0.0221) < 1e-4);
  check_values(one.y, {0.4562}, 1e-4);
  const auto w = posterior_weights(one);
  check_values(w.index_select(0, torch::tensor({24, 19, 14, 18})), {.5593, .2143, .1532, .0494},
               1e-4);

  const auto two = make_gmm_problem(8, 2, 27);
  check_values(two.A->singular_values(), {.4745, .0947, 0}, 1e-4);
  BOOST_TEST(std::abs(two.sigma_y - .24296) < 1e-5);
  check_values(two.y, {-1.7518, 2.7613}, 1e-4);
  check_values(posterior_weights(two), {.9988}, 1e-4);

  const auto four = make_gmm_problem(8, 4, 27);
  check_values(four.A->singular_values(), {.6247, .4655, .4272, .1972, 0}, 1e-4);
  BOOST_TEST(std::abs(four.sigma_y - .35716) < 1e-5);
}

BOOST_AUTO_TEST_CASE(sliced_wasserstein_of_a_shift) {
  // W1 of the projections of a set and its shift by v is |<theta, v>|; E |<theta, v>| on the sphere
  // of R^3 is |v| / 2. 1000 directions: standard error |v| / sqrt(12 * 1000) = 0.0091 |v|.
  Rng rng(3);
  const auto a = randn(rng, {1, 200, 3}, 1, torch::kFloat64)[0][0];
  const auto v = torch::tensor({3., 0., 4.}, torch::kFloat64);
  BOOST_TEST(std::abs(testing::sliced_wasserstein(a, a + v) - 2.5) < 4 * 5 * 0.0091);
  BOOST_TEST(testing::sliced_wasserstein(a, a.flip(0)) == 0);
}

BOOST_AUTO_TEST_CASE(statistics_tell_right_from_wrong) {
  Rng rng(4);
  const auto z = randn(rng, {1, 4000, 2}, 1, torch::kFloat64)[0][0];
  const auto factor = torch::tensor({1., 0., 0.5, 2.}, torch::kFloat64).view({2, 2});
  const auto covariance = torch::mm(factor, factor.t());
  const auto mean = torch::tensor({1., -2.}, torch::kFloat64);
  const auto samples = mean + torch::mm(z, factor.t());
  BOOST_TEST(testing::mean_error(samples, mean, covariance) < 4);
  BOOST_TEST(testing::covariance_error(samples, covariance) < 4);
  BOOST_TEST(testing::mean_error(samples + 0.2, mean, covariance) > 4);
  BOOST_TEST(testing::covariance_error(samples * 1.1, covariance) > 4);
  BOOST_TEST(testing::uniformity_p_value({25, 25, 25, 25}) == 1);
  // chi-square 8 on 3 degrees of freedom
  BOOST_TEST(std::abs(testing::uniformity_p_value({35, 25, 25, 15}) - 0.0460) < 1e-4);
}

}  // namespace
}  // namespace restore
