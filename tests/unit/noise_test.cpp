// Noise models by their laws, and the estimator on noise of a known level.
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "operators/gaussian_noise.h"
#include "operators/noise_estimate.h"
#include "tests/support/noise_laws.h"

namespace restore {
namespace {

BOOST_AUTO_TEST_CASE(gaussian_noise_obeys_the_laws) {
  testing::check_noise_laws(GaussianNoise(0.05));
  testing::check_noise_laws(GaussianNoise(2));
}

BOOST_AUTO_TEST_CASE(no_noise_is_no_noise) {
  const GaussianNoise none(0);
  Rng rng(1);
  const auto z = randn(rng, {3, 4, 5});
  BOOST_TEST(torch::equal(none.sample(z, rng), z));
  BOOST_TEST(none.variance(z).item<float>() == 0);
  BOOST_CHECK_THROW(none.gradient(z, z), Error);
  BOOST_CHECK_THROW(none.negative_log_likelihood(z, z), Error);
}

BOOST_AUTO_TEST_CASE(a_negative_level_is_refused) {
  BOOST_CHECK_THROW(GaussianNoise(-0.1), Error);
  BOOST_CHECK_THROW(GaussianNoise(std::nan("")), Error);
  BOOST_TEST(GaussianNoise(0.05).describe() == "0.05");
}

// A picture with a gradient, an edge and texture in one half.
torch::Tensor scene(std::int64_t side) {
  const auto t = torch::arange(side, torch::kFloat32) / static_cast<double>(side);
  const auto rows = t.view({1, 1, side, 1}), columns = t.view({1, 1, 1, side});
  const auto texture = 0.2 * (100 * rows).sin() * (80 * columns).cos() * (columns > 0.5);
  return (0.3 + 0.2 * rows + 0.2 * (columns > 0.5) + texture)
      .expand({1, 3, side, side})
      .contiguous();
}

BOOST_AUTO_TEST_CASE(the_estimate_is_unbiased_on_pure_noise) {
  Rng rng(2);
  const double sigma = 0.1;
  const auto y = 0.5 + sigma * randn(rng, {1, 400, 400});
  // 600 blocks of 64 numbers: a low quantile of them scatters by about 2 %.
  BOOST_TEST(std::abs(estimate_sigma(y) / sigma - 1) < 0.05);
}

BOOST_AUTO_TEST_CASE(the_estimate_does_not_mistake_texture_for_noise) {
  Rng rng(3);
  for (const double sigma : {5.0 / 255, 25.0 / 255}) {
    const auto x = scene(256);
    BOOST_TEST(std::abs(estimate_sigma(x + sigma * randn_like(rng, x)) / sigma - 1) < 0.1);
  }
}

BOOST_AUTO_TEST_CASE(clipped_areas_do_not_hide_the_noise) {
  Rng rng(4);
  auto x = scene(256);
  x.narrow(2, 0, 128).fill_(1.2);  // burnt out
  const auto y = (x + 0.05 * randn_like(rng, x)).clamp(0, 1);
  BOOST_TEST(std::abs(estimate_sigma(y) / 0.05 - 1) < 0.1);
}

BOOST_AUTO_TEST_CASE(small_and_constant_pictures) {
  BOOST_TEST(estimate_sigma(torch::full({1, 1, 40, 40}, 0.5)) < 1e-6);
  BOOST_CHECK_THROW(estimate_sigma(torch::zeros({1, 1, 23, 100})), Error);
  Rng rng(5);
  // One block of 64 numbers: its energy scatters by sqrt(2 / 64), the level by half of that; 4 of them.
  BOOST_TEST(std::abs(estimate_sigma(0.5 + 0.1 * randn(rng, {1, 24, 24})) / 0.1 - 1) <
             4 * std::sqrt(2.0 / 64) / 2);
}

}  // namespace
}  // namespace restore
