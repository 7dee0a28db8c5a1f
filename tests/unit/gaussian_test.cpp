// Gaussian priors: covariances, draws and posteriors against formulas written another way.
#include "priors/exact/gaussian.h"

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "tests/posterior/statistics.h"
#include "tests/support/comparison.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

using testing::relative_difference;

torch::Tensor fixed_normal(std::uint64_t seed, std::int64_t rows, std::int64_t columns) {
  Rng rng(seed);
  return randn(rng, {1, rows, columns}, 1, torch::kFloat64)[0][0];
}

torch::Tensor eye(std::int64_t d) { return torch::eye(d, torch::kFloat64); }

// 6 x 6, positive definite.
torch::Tensor some_covariance() {
  const auto factor = fixed_normal(1, 6, 6);
  return torch::mm(factor, factor.t()) + 0.1 * eye(6);
}

Gaussian some_gaussian() {
  return {fixed_normal(2, 1, 6).view({1, 1, 6}), dense_covariance(some_covariance())};
}

Measurement some_measurement(double sigma_y) {
  return {fixed_normal(4, 1, 3).view({1, 1, 1, 3}),
          std::make_shared<testing::Matrix>(fixed_normal(3, 3, 6)),
          std::make_shared<testing::WhiteNoise>(sigma_y)};
}

BOOST_AUTO_TEST_CASE(denoiser_is_the_linear_filter) {
  const auto prior = some_gaussian();
  const auto C = some_covariance(), x = fixed_normal(5, 4, 6), m = prior.mean().view({1, 6});
  for (const double sigma : {1e-4, 0.3, 10.0, 1e4}) {
    const auto filtered =
        torch::linalg_solve(C + sigma * sigma * eye(6), torch::mm(C, (x - m).t())).t();
    BOOST_TEST(relative_difference(prior.denoise(x.view({4, 1, 1, 6}), sigma).view({4, 6}),
                                   m + filtered) < 1e-12);
  }
}

// The covariance of two pixels is the inverse Fourier transform of the power at their distance.
BOOST_AUTO_TEST_CASE(stationary_covariance_is_circulant) {
  for (const Shape shape : {Shape{1, 3, 4}, Shape{2, 4, 5}, Shape{1, 1, 6}}) {
    const auto power = power_law_spectrum(shape, 0.7, 1.5);
    const auto C = stationary_covariance(power)->matrix();
    const auto c = torch::real(torch::fft_ifft2(power));
    for (std::int64_t p = 0; p < shape.numel(); ++p)
      for (std::int64_t q = 0; q < shape.numel(); ++q) {
        const auto channel = p / shape.pixels();
        const auto dy = p / shape.width % shape.height - q / shape.width % shape.height;
        const auto dx = p % shape.width - q % shape.width;
        const double expected =
            channel != q / shape.pixels()
                ? 0
                : c[channel][(dy + shape.height) % shape.height][(dx + shape.width) % shape.width]
                      .item<double>();
        BOOST_TEST(std::abs(C[p][q].item<double>() - expected) < 1e-14);
      }
  }
}

BOOST_AUTO_TEST_CASE(power_law_has_its_variance_and_slope) {
  const auto power = power_law_spectrum({3, 32, 32}, 0.04, 2);
  BOOST_TEST(std::abs(power.mean().item<double>() - 0.04) < 1e-15);
  const auto row = power[1][0];
  BOOST_TEST(std::abs((row[2] / row[8]).item<double>() - 16) < 1e-12);
  BOOST_TEST((row[0] == row[1]).item<bool>());
}

// 4 standard errors: exceeded once in 16000 checks, of 12 means and 78 covariances here.
BOOST_AUTO_TEST_CASE(draws_have_the_mean_and_the_covariance) {
  Rng rng(6);
  const auto dense = some_gaussian();
  const auto samples = dense.draw(rng, 4000).view({4000, 6});
  BOOST_TEST(testing::mean_error(samples, dense.mean().flatten(), some_covariance()) < 4);
  BOOST_TEST(testing::covariance_error(samples, some_covariance()) < 4);

  const Gaussian field(torch::zeros({1, 3, 4}),
                       stationary_covariance(power_law_spectrum({1, 3, 4}, 0.5)));
  const auto fields = field.draw(rng, 4000).view({4000, 12});
  BOOST_TEST(testing::mean_error(fields, torch::zeros({12}), field.covariance()->matrix()) < 4);
  BOOST_TEST(testing::covariance_error(fields, field.covariance()->matrix()) < 4);
}

BOOST_AUTO_TEST_CASE(a_draw_is_the_same_alone_and_in_a_batch) {
  Rng together(7), alone(7, 0, 2);
  const auto prior = some_gaussian();
  // A matrix product may sum in another order for another number of rows: rounding.
  BOOST_TEST(relative_difference(prior.draw(together, 4)[2], prior.draw(alone, 1)[0]) < 1e-14);
}

// Against the information form: P = (C^-1 + A^T A / sigma_y^2)^-1, P (C^-1 m + A^T y / sigma_y^2).
BOOST_AUTO_TEST_CASE(posterior_is_the_information_form) {
  const auto prior = some_gaussian();
  const auto measurement = some_measurement(0.3);
  const auto A = fixed_normal(3, 3, 6), y = measurement.y.view({3, 1});
  const auto m = prior.mean().view({6, 1});
  const auto precision = torch::inverse(some_covariance());
  const auto P = torch::inverse(precision + torch::mm(A.t(), A) / 0.09);
  const auto mean = torch::mm(P, torch::mm(precision, m) + torch::mm(A.t(), y) / 0.09);
  const auto given_y = posterior(prior, measurement);
  BOOST_TEST(relative_difference(given_y.mean().view({6, 1}), mean) < 1e-11);
  BOOST_TEST(relative_difference(given_y.covariance()->matrix(), P) < 1e-11);
}

// Bayes: log p(y) = log p(x) + log p(y | x) - log p(x | y) at every x.
BOOST_AUTO_TEST_CASE(evidence_is_what_bayes_says) {
  const auto prior = some_gaussian();
  const auto measurement = some_measurement(0.5);
  const auto x = fixed_normal(8, 2, 6).view({2, 1, 1, 6});
  const auto z = measurement.A->apply(x).flatten(1), y = measurement.y.flatten(1);
  const auto likelihood = log_normal(y, z, torch::full({3}, 0.25, torch::kFloat64)).flatten();
  const auto evidence =
      prior.log_density(x, 0) + likelihood - posterior(prior, measurement).log_density(x, 0);
  const double closed = log_evidence(prior, measurement);
  BOOST_TEST((evidence - closed).abs().max().item<double>() < 1e-9);
}

// Without noise what is measured is known.
BOOST_AUTO_TEST_CASE(posterior_without_noise_meets_the_data) {
  const auto measurement = some_measurement(0);
  const auto given_y = posterior(some_gaussian(), measurement);
  const auto& A = *measurement.A;
  BOOST_TEST(relative_difference(A.apply(given_y.mean().unsqueeze(0)), measurement.y) < 1e-11);
  Rng rng(9);
  BOOST_TEST(relative_difference(A.apply(given_y.draw(rng, 1)), measurement.y) < 1e-6);
}

BOOST_AUTO_TEST_CASE(mistakes_are_told) {
  BOOST_CHECK_THROW(dense_covariance(-eye(3)), Error);
  BOOST_CHECK_THROW(dense_covariance(fixed_normal(1, 3, 3)), Error);
  BOOST_CHECK_THROW(isotropic_covariance(3, -1), Error);
  auto odd = torch::ones({1, 4, 4}, torch::kFloat64);
  odd[0][1][0] = 2;
  BOOST_CHECK_THROW(stationary_covariance(odd), Error);
  BOOST_CHECK_THROW(Gaussian(torch::zeros({1, 1, 4}), isotropic_covariance(3, 1)), Error);
}

}  // namespace
}  // namespace restore
