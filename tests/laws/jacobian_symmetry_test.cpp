// How far the Jacobian J of each denoiser is from symmetric: ||J - J^T|| / ||J|| at a noisy
// picture, Frobenius norms. 0 is what RED needs for its energy (Reehorst, Schniter 2019,
// https://arxiv.org/abs/1806.02296) and what every MMSE denoiser and every prox has; sqrt(2) is
// that of a matrix of independent entries.
#include <cmath>
#include <set>

#include <boost/test/unit_test.hpp>

#include "librestore/model/random.h"
#include "priors/equivariant.h"
#include "priors/factory.h"
#include "tests/support/comparison.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

constexpr Shape kShape{3, 8, 8};
constexpr double kSigma = 25.0 / 255;

torch::Tensor noisy_picture() {
  const auto t = torch::linspace(0.2, 0.8, 8, torch::kFloat64);
  const auto edge = (t.view({1, 8}) + t.view({8, 1}) > 1).to(torch::kFloat64);
  const auto clean = torch::stack({t.view({1, 8}) + 0 * edge, 0.3 + 0.4 * edge, 0.7 - 0.3 * edge});
  Rng rng(71);
  return clean.unsqueeze(0) + kSigma * randn(rng, kShape, 1, torch::kFloat64);
}

// By central differences, all columns as two batches.
torch::Tensor jacobian(const Denoiser& denoiser, torch::ScalarType type) {
  // In float32 a step of 1e-2 leaves rounding of 1e-7 / 1e-2 = 1e-5 a value.
  const double step = type == torch::kFloat32 ? 1e-2 : 1e-5;
  const auto d = kShape.numel();
  const auto steps = step * torch::eye(d, torch::kFloat64).view(kShape.batch(d));
  const auto at = [&](const torch::Tensor& x) {
    return denoiser.denoise(x.to(type), kSigma).to(torch::kFloat64).reshape({d, d});
  };
  return ((at(noisy_picture() + steps) - at(noisy_picture() - steps)) / (2 * step)).t();
}

double asymmetry(const Denoiser& denoiser, torch::ScalarType type = torch::kFloat64) {
  const auto J = jacobian(denoiser, type);
  return ((J - J.t()).norm() / J.norm()).item<double>();
}

double report(const Denoiser& denoiser, torch::ScalarType type = torch::kFloat64) {
  const double found = asymmetry(denoiser, type);
  BOOST_TEST_MESSAGE(fmt::format("||J - J^T|| / ||J|| of {:<20} {:.4f}", denoiser.name(), found));
  return found;
}

BOOST_AUTO_TEST_CASE(every_denoiser_is_measured) {
  // Compute in float32 whatever they are given.
  const std::set<std::string> single{"natural", "bm3d"};
  for (const PriorRow& row : prior_table()) {
    for (const std::string& name : row.law_instances) {
      BOOST_TEST_CONTEXT(name) {
        const auto type = single.contains(row.name) ? torch::kFloat32 : torch::kFloat64;
        const double found = report(*make_prior(name), type);
        BOOST_TEST(std::isfinite(found));
        // A prox, but for the tolerance of its inner iteration.
        if (row.name == "tv") BOOST_TEST(found < 0.2);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_measure_is_right_on_matrices) {
  Rng rng(72);
  const auto d = kShape.numel();
  const auto M = randn(rng, {1, d, d}, 1, torch::kFloat64)[0][0];
  const auto linear = [](torch::Tensor W) {
    return testing::Function(
        [W](const torch::Tensor& x, double) { return x.flatten(1).mm(W.t()).view_as(x); });
  };
  BOOST_TEST(asymmetry(linear(M + M.t())) < 1e-9);
  BOOST_TEST(std::abs(asymmetry(linear(M)) - std::sqrt(2.0)) < 0.02);  // 1 / sqrt(d^2 / 2) = 0.7 %
}

BOOST_AUTO_TEST_CASE(equivariant_averages_commute_with_flips_and_quarter_turns) {
  // A denoiser that knows left from right and up from down.
  const auto lopsided =
      std::make_shared<const testing::Function>([](const torch::Tensor& x, double sigma) {
        return x + sigma * (2 * x.roll(1, 3) - x.roll(1, 2)).sin();
      });
  const Equivariant D(lopsided);
  Rng rng(73);
  const auto x = rand(rng, {3, 9, 14}, 2, torch::kFloat64);
  const auto out = D.denoise(x, kSigma);
  for (int turns = 0; turns < 4; ++turns) {
    const auto turn = [&](const torch::Tensor& v) { return v.rot90(turns, {2, 3}); };
    const auto mirror = [](const torch::Tensor& v) { return v.flip(3); };
    // The same eight values in another order of summation.
    BOOST_TEST(testing::largest_difference(D.denoise(turn(x), kSigma), turn(out)) < 1e-14);
    BOOST_TEST(testing::largest_difference(D.denoise(turn(mirror(x)), kSigma), turn(mirror(out))) <
               1e-14);
  }
  const auto one = lopsided->denoise(x.flip(3), kSigma).flip(3);
  BOOST_TEST(testing::largest_difference(one, lopsided->denoise(x, kSigma)) > 0.01);
  BOOST_TEST(report(D) < 0.5 * report(*lopsided));
}

}  // namespace
}  // namespace restore
