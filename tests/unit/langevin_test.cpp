// Langevin chains on Gaussian posteriors, where the law of every chain is known.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "librestore/solve/skrock.h"
#include "librestore/solve/ula.h"
#include "tests/support/comparison.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

using testing::Function;
using testing::largest_difference;
using testing::mask_measurement;
using testing::relative_difference;

// x0 ~ N(m, c I) on independent pixels, half of them seen: 2 Gaussians, thousands of chains.
constexpr double kMean = 0.4, kVariance = 0.01, kSigmaY = 0.1, kSigma = 0.05, kValue = 0.7;
constexpr std::int64_t kSize = 64;

const Function kPrior([](const torch::Tensor& x, double sigma) {
  return kMean + kVariance / (kVariance + sigma * sigma) * (x - kMean);
});

Measurement half_seen() {
  auto mask = torch::ones({1, kSize, kSize}, torch::kFloat64);
  mask.slice(2, kSize / 2).zero_();
  return mask_measurement(kValue * mask.unsqueeze(0), mask, kSigmaY);
}

// Seen and unseen pixels: precision P and mean of the posterior under the prior blurred by kSigma.
struct Goal {
  double precision, mean;
};
Goal goal(bool seen) {
  const double prior = 1 / (kVariance + kSigma * kSigma);
  const double data = seen ? 1 / (kSigmaY * kSigmaY) : 0;
  return {prior + data, (prior * kMean + data * kValue) / (prior + data)};
}

// L as librestore/solve/langevin.h has it.
double lipschitz() {
  const double others = 1 / (kSigmaY * kSigmaY) + 1 / (kSigma * kSigma);
  return 1.5 * others;
}

// The pixels of either half against a chain of the given variance and autocorrelation R.
void check_half(const PosteriorMoments& moments, bool seen, double variance, double R, int kept) {
  const auto half = [&](const torch::Tensor& x) {
    return x.narrow(3, seen ? 0 : kSize / 2, kSize / 2);
  };
  const double chains = kSize * kSize / 2.0;
  // Independent draws that a chain of autocorrelation R is worth.
  const double worth = chains * kept * (1 - R) / (1 + R);
  const double mean = half(moments.mean).mean().item<double>();
  BOOST_TEST(std::abs(mean - goal(seen).mean) < 5 * std::sqrt(variance / worth));
  // A chain of n draws loses the variance of its own mean, variance / n^2 sum_ij R^|i - j|; squares
  // have autocorrelation R^2.
  const double n = kept;
  const double lost =
      variance / n * ((1 + R) / (1 - R) - 2 * R * (1 - std::pow(R, n)) / (n * (1 - R) * (1 - R)));
  const double expected = (variance - lost) * n / (n - 1);
  const double worth_squared = chains * kept * (1 - R * R) / (1 + R * R);
  const double found = half(moments.variance).mean().item<double>();
  BOOST_TEST_MESSAGE("seen " << seen << ": variance " << found << ", goal " << variance
                             << ", posterior " << 1 / goal(seen).precision);
  BOOST_TEST(std::abs(found - expected) < 5 * variance * std::sqrt(2 / worth_squared));
}

BOOST_AUTO_TEST_CASE(ula_has_the_mean_and_the_inflated_variance_of_its_step) {
  for (const double step : {0.3, 0.9}) {
    LangevinOptions options;
    options.iterations = 400;
    options.burn_in = 0.3;
    options.sigma = kSigma;
    options.step = step;
    Rng rng(3);
    const auto moments = Ula(options).moments(half_seen(), kPrior, rng);
    BOOST_TEST(moments.summary.denoiser_calls == 400);
    const double delta = 2 * step / lipschitz();
    for (const bool seen : {true, false}) {
      // x' - m = (1 - delta P) (x - m) + sqrt(2 delta) z: variance 1 / (P - delta P^2 / 2).
      const double P = goal(seen).precision;
      check_half(moments, seen, 1 / (P - delta * P * P / 2), 1 - delta * P, 280);
    }
  }
}

BOOST_AUTO_TEST_CASE(skrock_has_the_mean_and_the_variance_of_its_stability_function) {
  constexpr double kEta = 0.05;
  for (const int s : {2, 7}) {
    SkRockOptions options;
    options.iterations = 200;
    options.burn_in = 0.3;
    options.sigma = kSigma;
    options.step = 0.5;
    options.stages = s;
    Rng rng(4);
    const auto moments = SkRock(options).moments(half_seen(), kPrior, rng);
    BOOST_TEST(moments.summary.denoiser_calls == 200 * s);
    const double delta = 0.5 * ((s - 0.5) * (s - 0.5) * (2 - 4 * kEta / 3) - 1.5) / lipschitz();
    // With T_s(cosh t) = cosh s t, T_s' = s U_{s-1}, U_{s-1}(cos t) = sin(s t) / sin t:
    // x' - m = T_s(w) / T_s(w0) (x - m) + U_{s-1}(w) / U_{s-1}(w0) (1 - w1 delta P / 2) Q.
    const double w0 = 1 + kEta / (s * s), t0 = std::acosh(w0);
    const double U0 = std::sinh(s * t0) / std::sinh(t0), w1 = std::cosh(s * t0) / (s * U0);
    for (const bool seen : {true, false}) {
      const double P = goal(seen).precision, t = std::acos(w0 - w1 * delta * P);
      const double R1 = std::cos(s * t) / std::cosh(s * t0);
      const double R2 = std::sin(s * t) / std::sin(t) / U0 * (1 - w1 * delta * P / 2);
      check_half(moments, seen, R2 * R2 * 2 * delta / (1 - R1 * R1), R1, 140);
    }
  }
}

// grad log p(y | x) + alpha score + (Pi_C(x) - x) / lambda with C = [-1,2] and lambda = 2 / (1 /
// sigma_y^2 + alpha / sigma^2).
BOOST_AUTO_TEST_CASE(outside_of_its_box_a_chain_is_pulled_back) {
  const auto measurement = half_seen();
  const LangevinOptions options{.sigma = kSigma, .alpha = 0.8};
  PriorStep D(kPrior);
  const LangevinTarget target(measurement, D, options);
  const double precision = 0.8 / (kSigma * kSigma),
               lambda = 2 / (1 / (kSigmaY * kSigmaY) + precision);
  for (const auto& [x, outside] : {std::pair{2.5, 0.5}, {-1.25, -0.25}, {1.9, 0.0}}) {
    const auto picture = torch::full_like(measurement.y, x);
    const auto gradient = target.gradient(picture, D);
    const double prior =
        precision * (kPrior.denoise(picture, kSigma)[0][0][0][0].item<double>() - x);
    const double unseen = gradient[0][0][0][kSize - 1].item<double>();
    const double seen = gradient[0][0][0][0].item<double>();
    BOOST_TEST(std::abs(unseen - (prior - outside / lambda)) < 1e-9);
    BOOST_TEST(std::abs(seen - unseen - (kValue - x) / (kSigmaY * kSigmaY)) < 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(running_moments_are_those_of_the_whole) {
  Rng rng(5);
  // Far from 0: a one-pass sum of squares would lose all digits.
  const auto x = 1e6 + randn(rng, {2, 3, 4}, 50, torch::kFloat64);
  RunningMoments moments;
  for (const auto& item : x.split(1)) moments.add(item);
  BOOST_TEST(moments.count() == 50);
  BOOST_TEST(largest_difference(moments.mean(), x.mean(0, true)) < 1e-8);
  BOOST_TEST(relative_difference(moments.variance(), x.var(0, true, true)) < 1e-9);
}

BOOST_AUTO_TEST_CASE(a_chain_belongs_to_its_seed_and_its_sample) {
  LangevinOptions options;
  options.iterations = 5;
  const auto estimate = [&](std::uint64_t seed, std::uint32_t sample) {
    Rng rng(seed, 0, sample);
    return Ula(options).run(half_seen(), kPrior, rng).estimate;
  };
  BOOST_TEST(torch::equal(estimate(1, 0), estimate(1, 0)));
  BOOST_TEST(!torch::equal(estimate(1, 0), estimate(2, 0)));
  BOOST_TEST(!torch::equal(estimate(1, 0), estimate(1, 1)));
}

}  // namespace
}  // namespace restore
