#include "tests/support/noise_laws.h"

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"

namespace restore::testing {
namespace {

// A row of greys, each level `kRepeats` times in every one of `kDraws` pictures.
constexpr std::int64_t kLevels = 5, kRepeats = 400, kDraws = 20;

torch::Tensor greys(std::int64_t n) {
  const auto levels = torch::linspace(0.1, 0.9, kLevels, torch::kFloat64);
  return levels.view({1, 1, kLevels, 1}).expand({n, 1, kLevels, kRepeats}).contiguous();
}

}  // namespace

void check_noise_moments(const NoiseModel& noise) {
  Rng rng(11);
  const auto z = greys(kDraws);
  const auto error = noise.sample(z, rng) - z;
  const auto expected = noise.variance(z).expand_as(z);
  constexpr double count = static_cast<double>(kRepeats * kDraws);
  for (std::int64_t level = 0; level < kLevels; ++level) {
    const auto e = error.select(2, level);
    const double variance = expected.select(2, level).mean().item<double>();
    const double mean = e.mean().item<double>(), found = e.square().mean().item<double>();
    // The standard error of a variance is that of e^2, from its fourth moment.
    const double spread = std::sqrt(e.pow(4).mean().item<double>() - found * found);
    BOOST_TEST(std::abs(mean) <= 5 * std::sqrt(variance / count));
    BOOST_TEST(std::abs(found - variance) <= 5 * spread / std::sqrt(count));
  }
}

void check_noise_gradient(const NoiseModel& noise) {
  Rng rng(12);
  const auto z = greys(2).slice(3, 0, 3).contiguous();
  const auto y = noise.sample(z, rng), d = randn_like(rng, z);
  const double h = 1e-4;
  const auto above = noise.negative_log_likelihood(y, z + h * d);
  const auto below = noise.negative_log_likelihood(y, z - h * d);
  BOOST_TEST((above.sizes() == at::IntArrayRef({2})));
  BOOST_TEST((above.scalar_type() == torch::kFloat64));
  const auto slope = (above - below) / (2 * h);
  const auto expected = (noise.gradient(y, z) * d).sum({1, 2, 3});
  // Central differences leave h^2, and the likelihood's rounding over h.
  BOOST_TEST((slope - expected).abs().max().item<double>() <=
             1e-6 * expected.abs().max().item<double>());
}

void check_noise_stream(const NoiseModel& noise) {
  const auto z = greys(2);
  Rng first(13), again(13), alone(13, 0, 1);
  const auto y = noise.sample(z, first);
  BOOST_TEST(torch::equal(y, noise.sample(z, again)));
  BOOST_TEST(torch::equal(y.narrow(0, 1, 1), noise.sample(z.narrow(0, 1, 1), alone)));
  if (noise.sigma() > 0) BOOST_TEST(!torch::equal(y, noise.sample(z, first)));
}

void check_noise_laws(const NoiseModel& noise) {
  check_noise_moments(noise);
  check_noise_gradient(noise);
  check_noise_stream(noise);
}

}  // namespace restore::testing
