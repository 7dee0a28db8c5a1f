// Noise schedules and what a state may be written as.
#include "priors/diffusion/schedule.h"

#include <cmath>
#include <numbers>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "priors/diffusion/conversions.h"
#include "priors/exact/gaussian.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using testing::relative_difference;

struct Row {
  const char* name;
  Schedule schedule;
};

const std::vector<Row>& schedules() {
  static const std::vector<Row> table{
      {"ddpm linear", ddpm_schedule(linear_betas())},
      {"ddpm falling", ddpm_schedule(linear_betas(999, 0.02, 1e-4))},
      {"ddpm cosine", ddpm_schedule(cosine_betas())},
      {"ddpm respaced", respaced(ddpm_schedule(linear_betas()), 20)},
      {"vp", vp_schedule(100)},
      {"sub-vp", sub_vp_schedule(100)},
      {"ve", ve_schedule(100)},
      {"edm", edm_schedule(18)},
  };
  return table;
}

bool close(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::abs(b);
}

torch::Tensor fixed_normal(std::uint64_t seed, const Shape& shape, std::int64_t n = 1) {
  Rng rng(seed);
  return randn(rng, shape, n, torch::kFloat64);
}

BOOST_AUTO_TEST_CASE(log_snr_rises_to_the_clean_image) {
  for (const auto& [name, schedule] : schedules()) {
    BOOST_TEST_CONTEXT(name) {
      for (std::size_t i = 1; i < schedule.size(); ++i) {
        BOOST_TEST(schedule[i].log_snr() > schedule[i - 1].log_snr());
        BOOST_TEST(ve_sigmas(schedule)[i] < ve_sigmas(schedule)[i - 1]);
      }
      BOOST_TEST(schedule.back().alpha == 1);
      BOOST_TEST(schedule.back().sigma == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(variance_is_preserved_where_it_should_be) {
  for (const auto& [name, schedule] : schedules())
    for (const auto& [alpha, sigma] : schedule) {
      const std::string kind = name;
      const double alpha2 = alpha * alpha;
      if (kind.starts_with("ddpm") || kind == "vp")
        BOOST_TEST(close(alpha2 + sigma * sigma, 1, 1e-13), name);
      else if (kind == "sub-vp")
        BOOST_TEST(close(sigma + alpha2, 1, 1e-13), name);
      else
        BOOST_TEST(alpha == 1, name);
    }
}

BOOST_AUTO_TEST_CASE(tables_are_the_published_ones) {
  // prod (1 - beta) over DDPM's 1000 betas
  const auto linear = ddpm_schedule(linear_betas());
  BOOST_TEST(linear.size() == 1001U);
  const auto betas = torch::linspace(1e-4, 0.02, 1000, torch::kFloat64);
  const auto alpha2 = (1 - betas).cumprod(0);
  for (const int t : {1, 10, 500, 1000})
    BOOST_TEST(close(std::pow(linear[static_cast<std::size_t>(1000 - t)].alpha, 2),
                     alpha2[t - 1].item<double>(), 1e-11));
  // The cosine table: alpha^2 = f(t/T) / f(0), but for the last beta, which is 0.999.
  const auto cosine = ddpm_schedule(cosine_betas());
  const auto f = [](double u) {
    return std::pow(std::cos((u + 0.008) / 1.008 * std::numbers::pi / 2), 2);
  };
  for (const int t : {1, 250, 500, 900})
    BOOST_TEST(close(std::pow(cosine[static_cast<std::size_t>(1000 - t)].alpha, 2),
                     f(t / 1000.0) / f(0), 1e-11));
  BOOST_TEST(close(cosine_betas().back(), 0.999, 1e-15));
  // exp(-(20 - 0.1) / 2 - 0.1) at t = 1
  BOOST_TEST(close(std::pow(vp_schedule(5)[0].alpha, 2), std::exp(-10.05), 1e-13));
  BOOST_TEST(close(vp_schedule(5)[4].alpha, std::exp(-1e-6 * 19.9 / 4 - 1e-3 * 0.05), 1e-13));
}

BOOST_AUTO_TEST_CASE(grids_have_their_ends_and_their_spacing) {
  const auto ve = ve_schedule(11, 0.01, 10);
  BOOST_TEST(close(ve[0].sigma, 10, 1e-13));
  BOOST_TEST(close(ve[10].sigma, 0.01, 1e-13));
  for (std::size_t i = 1; i < 11; ++i)
    BOOST_TEST(close(ve[i].sigma / ve[i - 1].sigma, std::pow(10, -0.3), 1e-12));
  const auto edm = edm_schedule(5, 0.01, 10, 3);
  for (std::size_t i = 2; i < 5; ++i)
    BOOST_TEST(close(std::cbrt(edm[i].sigma) - std::cbrt(edm[i - 1].sigma),
                     std::cbrt(edm[1].sigma) - std::cbrt(edm[0].sigma), 1e-11));
  BOOST_TEST(close(edm[4].sigma, 0.01, 1e-12));

  const auto all = vp_schedule(10);
  const auto some = respaced(all, 4);
  BOOST_TEST(some.size() == 5U);
  for (const std::size_t i : {0, 1, 2, 3}) BOOST_TEST(some[i].sigma == all[3 * i].sigma);
  BOOST_TEST(respaced(all, 10)[7].sigma == all[7].sigma);
  BOOST_TEST(respaced(all, 3)[1].sigma == all[5].sigma);  // 4.5, rounded
}

BOOST_AUTO_TEST_CASE(mistakes_are_told) {
  BOOST_CHECK_THROW(respaced(vp_schedule(10), 11), Error);
  BOOST_CHECK_THROW(ddpm_schedule({0.1, 1}), Error);
  BOOST_CHECK_THROW(ve_schedule(1), Error);
  BOOST_CHECK_THROW(ve_schedule(5, 1, 0.5), Error);
  BOOST_CHECK_THROW(edm_schedule(5, 0, 1), Error);
}

BOOST_AUTO_TEST_CASE(predictions_are_inverse_pairs) {
  const Shape shape{3, 4, 5};
  const auto x0 = fixed_normal(1, shape), eps = fixed_normal(2, shape);
  // VP, VE and neither.
  for (const NoiseLevel t : {NoiseLevel{0.6, 0.8}, NoiseLevel{1, 7}, NoiseLevel{0.3, 0.2}}) {
    const auto x_t = t.alpha * x0 + t.sigma * eps;
    BOOST_TEST(relative_difference(eps_from_x0(x_t, x0, t), eps) < 1e-13);
    BOOST_TEST(relative_difference(x0_from_eps(x_t, eps, t), x0) < 1e-13);
    const auto v = t.alpha * eps - t.sigma * x0;
    BOOST_TEST(relative_difference(v_from_x0(x_t, x0, t), v) < 1e-13);
    BOOST_TEST(relative_difference(x0_from_v(x_t, v, t), x0) < 1e-13);
    const auto score = -eps / t.sigma;
    BOOST_TEST(relative_difference(score_from_x0(x_t, x0, t), score) < 1e-13);
    BOOST_TEST(relative_difference(x0_from_score(x_t, score, t), x0) < 1e-13);
    BOOST_TEST(relative_difference(ve_from_vp(x_t, t), x0 + t.ve_sigma() * eps) < 1e-13);
    BOOST_TEST(relative_difference(vp_from_ve(ve_from_vp(x_t, t), t), x_t) < 1e-15);
  }
}

// One denoiser serves all schedules: x_t ~ N(alpha m, alpha^2 C + sigma^2 I) has this score.
BOOST_AUTO_TEST_CASE(score_of_a_gaussian_at_any_level) {
  const double variance = 0.3;
  const auto mean = fixed_normal(3, {1, 2, 3})[0];
  const Gaussian prior(mean, isotropic_covariance(6, variance));
  const auto x_t = fixed_normal(4, {1, 2, 3});
  for (const auto& [name, schedule] : schedules())
    for (const std::size_t i : {std::size_t{0}, schedule.size() / 2}) {
      const NoiseLevel t = schedule[i];
      const auto score =
          -(x_t - t.alpha * mean) / (t.alpha * t.alpha * variance + t.sigma * t.sigma);
      // Where alpha is 0.006 the difference alpha x0 - x_t loses nothing; x_t / alpha is large.
      BOOST_TEST(
          relative_difference(score_from_x0(x_t, denoise_at(prior, x_t, t), t), score) < 1e-11,
          name);
    }
}

// Five steps make one jump: both have mean alpha_t x0 and covariance sigma_t^2 I.
BOOST_AUTO_TEST_CASE(corruption_in_steps_is_one_jump) {
  constexpr std::int64_t kDraws = 4000;
  for (const auto& schedule : {vp_schedule(6), sub_vp_schedule(6), ve_schedule(6, 0.01, 10)}) {
    const auto x0 = fixed_normal(5, {1, 1, 8}).expand({kDraws, -1, -1, -1});
    Rng rng(6);
    const NoiseLevel end = schedule[0];
    auto steps = corrupt(x0, schedule[5], rng);
    for (std::size_t i = 5; i > 0; --i)
      steps = corrupt_further(steps, schedule[i], schedule[i - 1], rng);
    for (const auto& x_t : {steps, corrupt(x0, end, rng)}) {
      const auto n = (x_t - end.alpha * x0) / end.sigma;
      // 4 standard errors: 1 / sqrt(K) of a mean, sqrt(2 / K) of a variance.
      BOOST_TEST(n.mean(0).abs().max().item<double>() < 4 / std::sqrt(kDraws));
      BOOST_TEST((n.var(0) - 1).abs().max().item<double>() < 4 * std::sqrt(2.0 / kDraws));
    }
    BOOST_CHECK_THROW(corrupt_further(x0, schedule[0], schedule[1], rng), Error);
  }
}

}  // namespace
}  // namespace restore
