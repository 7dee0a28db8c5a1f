#include "tests/support/noise_laws.h"

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"

namespace restore::testing {
namespace {

// A row of greys in each channel, each level `kRepeats` times in every one of `kDraws` pictures.
constexpr std::int64_t kChannels = 3, kLevels = 5, kRepeats = 400, kDraws = 20;

torch::Tensor greys(std::int64_t n) {
  const auto levels = torch::linspace(0.1, 0.9, kLevels, torch::kFloat64);
  return levels.view({1, 1, kLevels, 1}).expand({n, kChannels, kLevels, kRepeats}).contiguous();
}

}  // namespace

bool has_mean(const torch::Tensor& numbers, const torch::Tensor& expected) {
  const auto error = numbers - expected;
  const double spread = error.std(/*unbiased=*/true).item<double>();
  const double bound = 5 * spread / std::sqrt(static_cast<double>(error.numel())) + 1e-12;
  return std::abs(error.mean().item<double>()) <= bound;
}

void check_noise_moments(const NoiseModel& noise) {
  Rng rng(11);
  const auto z = greys(kDraws);
  const auto error = noise.sample(z, rng) - z;
  const auto variance = noise.variance(z).expand_as(z);
  for (std::int64_t level = 0; level < kLevels; ++level) {
    for (std::int64_t channel = 0; channel < kChannels; ++channel) {
      // Pixels may be correlated; the rows of different pictures are independent.
      const auto e = error.select(2, level).select(1, channel);
      const auto expected = variance.select(2, level).select(1, channel).mean(1);
      BOOST_TEST_CONTEXT(noise.describe() << ", level " << level << ", channel " << channel) {
        BOOST_TEST(has_mean(e.mean(1), torch::zeros({kDraws}, torch::kFloat64)));
        BOOST_TEST(has_mean(e.square().mean(1), expected));
      }
    }
  }
}

void check_noise_gradient(const NoiseModel& noise) {
  Rng rng(12);
  const auto z = greys(2).slice(3, 0, 3).contiguous();
  const auto y = noise.sample(z, rng), d = randn_like(rng, z);
  const double h = 1e-6;
  const auto above = noise.negative_log_likelihood(y, z + h * d);
  const auto below = noise.negative_log_likelihood(y, z - h * d);
  BOOST_TEST((above.sizes() == at::IntArrayRef({2})));
  BOOST_TEST((above.scalar_type() == torch::kFloat64));
  const auto slope = (above - below) / (2 * h);
  const auto expected = (noise.gradient(y, z) * d).sum({1, 2, 3});
  // Central differences leave h^2 times the third derivative over the first, some 1e-8 in what
  // counts or rounds, and the likelihood's rounding over h.
  BOOST_TEST((slope - expected).abs().max().item<double>() <=
             1e-6 * expected.abs().max().item<double>());
}

void check_whitening(const NoiseModel& noise) {
  Rng rng(14);
  // Every grey, for the white level of rounding is the mean over all.
  const auto scene = rand(rng, {kChannels, kLevels, kRepeats}, 1, torch::kFloat64);
  const auto z = scene.expand({kDraws, -1, -1, -1}).contiguous();
  const auto W = noise.whitening(scene, 1e-9);
  const auto e = W(noise.sample(z, rng) - z);
  const auto level = torch::full({kDraws}, W.sigma * W.sigma, torch::kFloat64);
  BOOST_TEST(has_mean(e.square().mean({1, 2, 3}), level));
  for (const int axis : {2, 3})
    BOOST_TEST(has_mean((e * e.roll(1, axis)).mean({1, 2, 3}), torch::zeros_like(level)));
  // W is symmetric.
  const auto a = randn_like(rng, z), b = randn_like(rng, z);
  const auto Wab = (W(a) * b).sum().item<double>(), aWb = (a * W(b)).sum().item<double>();
  BOOST_TEST(std::abs(Wab - aWb) <= 1e-10 * (W(a).norm() * b.norm()).item<double>());
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
  check_whitening(noise);
}

}  // namespace restore::testing
