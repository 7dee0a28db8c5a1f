// D1, D2, M1 and M2 (librestore/model/denoiser.h) for every prior with a closed form.
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "priors/exact/gaussian.h"
#include "priors/exact/gaussian_mixture.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using testing::largest_difference;
using testing::relative_difference;

constexpr Shape kShape{2, 3, 4};

torch::Tensor fixed_normal(std::uint64_t seed, std::vector<std::int64_t> size) {
  Rng rng(seed);
  const auto numel = c10::multiply_integers(size);
  return randn(rng, {1, 1, numel}, 1, torch::kFloat64).view(size);
}

// Condition number about 100, and one direction without variance.
CovariancePointer some_dense(std::uint64_t seed, double extra) {
  const auto d = kShape.numel();
  const auto factor = fixed_normal(seed, {d, d - 1}) / std::sqrt(static_cast<double>(d));
  return dense_covariance(torch::mm(factor, factor.t()) + extra * torch::eye(d, torch::kFloat64));
}

// The prior of X_s = x0 + sqrt(s) n, and its log density.
struct Exact {
  std::shared_ptr<const MmseDenoiser> D;
  std::function<torch::Tensor(const torch::Tensor& x, double sigma)> log_density;
};

template <typename Prior>
Exact exact(Prior prior) {
  const auto shared = std::make_shared<const Prior>(std::move(prior));
  return {shared,
          [shared](const torch::Tensor& x, double sigma) { return shared->log_density(x, sigma); }};
}

struct Row {
  const char* name;
  Exact (*make)(double s);
};

const auto& rows() {
  static const auto mean = [] { return 0.5 + 0.2 * fixed_normal(1, {2, 3, 4}); };
  static const auto means = [] { return fixed_normal(2, {4, 2, 3, 4}); };
  static const auto weights = [] { return torch::tensor({1., 2., 3., 0.5}, torch::kFloat64); };
  static const std::vector<Row> table{
      {"Gaussian, dense", [](double s) { return exact(Gaussian(mean(), some_dense(3, s))); }},
      {"Gaussian, stationary",
       [](double s) {
         const auto power = power_law_spectrum(kShape, 0.3) + s;
         return exact(Gaussian(mean(), stationary_covariance(power)));
       }},
      {"Gaussian, isotropic",
       [](double s) {
         return exact(Gaussian(mean(), isotropic_covariance(kShape.numel(), 0.4 + s)));
       }},
      {"mixture of points", [](double s) { return exact(GaussianMixture(weights(), means(), s)); }},
      {"mixture, isotropic",
       [](double s) { return exact(GaussianMixture(weights(), means(), 0.3 + s)); }},
      {"mixture, one covariance",
       [](double s) { return exact(GaussianMixture(weights(), means(), {some_dense(4, s)})); }},
      {"mixture, a covariance each",
       [](double s) {
         return exact(GaussianMixture(
             weights(), means(),
             {some_dense(5, s), some_dense(6, s), isotropic_covariance(kShape.numel(), 1 + s),
              stationary_covariance(power_law_spectrum(kShape, 0.5) + s)}));
       }},
  };
  return table;
}

const auto kX = [] { return 0.8 * fixed_normal(7, {3, 2, 3, 4}); };

template <typename Check>
void for_each_prior(const Check& check) {
  for (const Row& row : rows()) {
    BOOST_TEST_CONTEXT(row.name) { check(row); }
  }
}

BOOST_AUTO_TEST_CASE(shape_type_and_batch) {
  for_each_prior([](const Row& row) {
    const auto D = row.make(0).D;
    const auto x = kX();
    const auto single = D->denoise(x.to(torch::kFloat32), 0.3);
    BOOST_TEST((single.scalar_type() == torch::kFloat32));
    // float32 in and out, float64 between: their rounding.
    BOOST_TEST(relative_difference(single, D->denoise(x, 0.3)) < 1e-6);
    BOOST_TEST(largest_difference(D->denoise(x, 0.3)[1], D->denoise(x.narrow(0, 1, 1), 0.3)[0]) <
               1e-13);
    BOOST_TEST(torch::equal(D->denoise(x, 0), x));
    BOOST_CHECK_THROW(D->denoise(x.narrow(3, 0, 3), 0.3), Error);
  });
}

// M1: J is symmetric, and central differences of D.
BOOST_AUTO_TEST_CASE(vjp_is_the_transposed_jacobian) {
  constexpr double kStep = 1e-5;
  for_each_prior([](const Row& row) {
    const auto D = row.make(0).D;
    const auto x = kX(), v = fixed_normal(8, {3, 2, 3, 4}), w = fixed_normal(9, {3, 2, 3, 4});
    for (const double sigma : {0.3, 1.0, 5.0}) {
      const auto [value, vjp] = D->linearize(x, sigma);
      BOOST_TEST(torch::equal(value, D->denoise(x, sigma)));
      const auto Jv =
          (D->denoise(x + kStep * v, sigma) - D->denoise(x - kStep * v, sigma)) / (2 * kStep);
      // Truncation kStep^2 D''' / 6 ~ 1e-9 (D''' ~ sigma^-2 and larger), rounding 1e-16 / kStep.
      BOOST_TEST(relative_difference(vjp(v), Jv) < 1e-7);
      BOOST_TEST(largest_difference((vjp(v) * w).sum(), (vjp(w) * v).sum()) < 1e-10);
    }
    BOOST_TEST(torch::equal(D->linearize(x, 0).vjp(v), v));
  });
}

// M2: the score is the gradient of the log density.
BOOST_AUTO_TEST_CASE(score_is_the_gradient_of_the_log_density) {
  constexpr double kStep = 1e-5;
  for_each_prior([](const Row& row) {
    const auto [D, log_density] = row.make(0);
    const auto x = kX(), v = fixed_normal(10, {3, 2, 3, 4});
    for (const double sigma : {0.3, 1.0, 5.0}) {
      const auto along =
          (log_density(x + kStep * v, sigma) - log_density(x - kStep * v, sigma)) / (2 * kStep);
      const auto score = (D->score(x, sigma) * v).sum({1, 2, 3});
      BOOST_TEST(relative_difference(score, along) < 1e-7);
    }
  });
}

// M2, at every intermediate state of the Brownian motion X_t = x0 + W_t: the prior of X_s is known,
// so E[X_s | X_t = x] is its denoiser at noise sqrt(t - s), and
//   (E[X_s | X_t = x] - x) / (t - s)
// is the same for every s in [0, t).
BOOST_AUTO_TEST_CASE(score_from_any_intermediate_state) {
  for_each_prior([](const Row& row) {
    const auto x = kX();
    for (const double t : {0.1, 1.0, 30.0}) {
      const auto score = row.make(0).D->score(x, std::sqrt(t));
      for (const double share : {0.01, 0.3, 0.9, 0.999}) {
        const double s = share * t;
        const auto from_s = (row.make(s).D->denoise(x, std::sqrt(t - s)) - x) / (t - s);
        // Subtracting x loses a factor t / (t - s) = 1000 of 1e-16, and eigenvectors as much again.
        BOOST_TEST(relative_difference(from_s, score) < 1e-10);
      }
    }
  });
}

}  // namespace
}  // namespace restore
