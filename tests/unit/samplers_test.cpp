// Unconditional samplers on priors whose distribution, and whose probability flow, are known.
#include <map>
#include <numbers>

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "priors/diffusion/conversions.h"
#include "priors/diffusion/schedule.h"
#include "priors/diffusion/table.h"
#include "priors/exact/gaussian.h"
#include "priors/exact/gaussian_mixture.h"
#include "tests/posterior/statistics.h"
#include "tests/support/comparison.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

using testing::relative_difference;
using Values = std::map<std::string, std::string>;

std::unique_ptr<Sampler> make(const std::string& name, const Values& values = {}) {
  return find_sampler(name).make(values);
}

torch::Tensor fixed_normal(std::uint64_t seed, const Shape& shape, std::int64_t n = 1) {
  Rng rng(seed);
  return randn(rng, shape, n, torch::kFloat64);
}

// Standard deviations from 0.1 to 1.
Gaussian some_gaussian() {
  const auto Q = std::get<0>(torch::linalg_qr(fixed_normal(1, {1, 4, 4})[0][0]));
  const auto lambda = torch::tensor({0.01, 0.05, 0.3, 1.0}, torch::kFloat64);
  return {fixed_normal(2, {1, 2, 2})[0], dense_covariance(torch::mm(Q * lambda, Q.t()))};
}

// Modes far apart and close together.
GaussianMixture some_mixture() {
  const auto means = torch::tensor({-2., 1., 0.5, 0.5, 1.2, -0.3}, torch::kFloat64);
  return {torch::tensor({0.3, 0.5, 0.2}), means.view({3, 1, 1, 2}), 0.04};
}

// Samplers with steps so many and small that what is left of their bias is below the standard error
// of kDraws draws. Langevin's bias goes too slowly for that: it is held to its own recursion.
struct Row {
  const char* name;
  Values values;
  int levels;
};

const std::vector<Row>& fine_samplers() {
  static const std::vector<Row> table{
      {"heun", {}, 30},
      {"heun", {{"S_churn", "20"}}, 50},
      {"euler", {}, 120},
      {"euler", {{"S_churn", "20"}}, 120},
      {"dpm++2m", {}, 50},
      {"ddim", {}, 120},
      {"ddim", {{"eta", "0.5"}}, 120},
      {"ddpm", {}, 120},
      {"pc", {{"corrections", "2"}, {"r", "0.2"}}, 120},
  };
  return table;
}

constexpr std::int64_t kDraws = 1000;

template <typename Prior, typename Check>
void check_draws(const Prior& prior, const Check& check) {
  for (const auto& [name, values, levels] : fine_samplers()) {
    BOOST_TEST_CONTEXT(name << " " << (values.empty() ? "" : values.begin()->first)) {
      Rng rng(3);
      const auto sigmas = ve_sigmas(edm_schedule(levels, 0.005, 10));
      const auto x0 = prior.draw(rng, kDraws);
      const auto x_T = x0 + sigmas[0] * randn_like(rng, x0);
      const auto [x, summary] = make(name, values)->run(prior, sigmas, x_T, rng);
      BOOST_TEST((summary.termination == Termination::max_iterations));
      check(x.flatten(1));
    }
  }
}

// 4 standard errors: exceeded once in 16000 comparisons; there are 14 a sampler on a Gaussian.
BOOST_AUTO_TEST_CASE(draws_from_a_gaussian_have_its_moments) {
  const auto prior = some_gaussian();
  const auto C = prior.covariance()->matrix();
  check_draws(prior, [&](const torch::Tensor& x) {
    BOOST_TEST(testing::mean_error(x, prior.mean().flatten(), C) < 4);
    BOOST_TEST(testing::covariance_error(x, C) < 4);
  });
}

BOOST_AUTO_TEST_CASE(draws_from_a_mixture_have_its_moments_and_shares) {
  const auto prior = some_mixture();
  const auto w = prior.log_weights().exp(), m = prior.means().flatten(1);
  const auto mean = (w.view({3, 1}) * m).sum(0);
  const auto second =
      torch::mm((w.view({3, 1}) * m).t(), m) + 0.04 * torch::eye(2, torch::kFloat64);
  const auto check = [](const torch::Tensor& values, const torch::Tensor& expected) {
    const auto error = values.std(0) / std::sqrt(static_cast<double>(kDraws));
    BOOST_TEST(((values.mean(0) - expected) / error).abs().max().item<double>() < 4);
  };
  check_draws(prior, [&](const torch::Tensor& x) {
    check(x, mean);
    check(x.unsqueeze(2) * x.unsqueeze(1), second);
    check(prior.log_responsibilities(x.view({kDraws, 1, 1, 2}), 1e-3).exp(), w);
  });
}

// --- Samplers with a bias, against their own recursion on a Gaussian. ---

// What the variance becomes along eigenvectors of C, from lambda + sigma_0^2.
using Recursion = torch::Tensor (*)(const torch::Tensor& lambda, const std::vector<double>& sigmas);

void check_recursion(const std::string& name, const Values& values, Recursion variance) {
  const auto prior = some_gaussian();
  const auto sigmas = ve_sigmas(edm_schedule(12, 0.02, 5));
  Rng rng(16);
  const auto x0 = prior.draw(rng, 4 * kDraws);
  const auto x_T = x0 + sigmas[0] * randn_like(rng, x0);
  const auto x = make(name, values)->run(prior, sigmas, x_T, rng).x.flatten(1);
  const auto& lambda = prior.covariance()->eigenvalues();
  const auto V = variance(lambda, sigmas);
  BOOST_TEST_MESSAGE(name << ": the largest variance is " << (V / lambda).max().item<double>()
                          << " times the true one");
  const auto biased = prior.covariance()->apply(torch::eye(4, torch::kFloat64), V);
  BOOST_TEST(testing::mean_error(x, prior.mean().flatten(), biased) < 4);
  BOOST_TEST(testing::covariance_error(x, biased) < 4);
  // The bias is there to be seen, or this would not be a test of the recursion.
  BOOST_TEST(testing::covariance_error(x, prior.covariance()->matrix()) > 8);
}

BOOST_AUTO_TEST_CASE(langevin_has_the_variance_of_its_recursion) {
  check_recursion("langevin", {{"iterations", "3"}, {"step", "0.4"}},
                  [](const torch::Tensor& lambda, const std::vector<double>& sigmas) {
                    auto V = lambda + sigmas[0] * sigmas[0];
                    double last = 0;
                    for (const double sigma : sigmas) {
                      if (sigma == 0) break;
                      const double s2 = last = sigma * sigma;
                      // x - m <- (1 - 0.2 sigma^2 / (lambda + sigma^2)) (x - m) + sqrt(0.4) sigma z
                      for (int k = 0; k < 3; ++k)
                        V = (1 - 0.2 * s2 / (lambda + s2)).square() * V + 0.4 * s2;
                    }
                    return V * (lambda / (lambda + last)).square();
                  });
}

BOOST_AUTO_TEST_CASE(predictor_corrector_has_the_variance_of_its_recursion) {
  check_recursion("pc", {{"corrections", "2"}, {"r", "0.3"}},
                  [](const torch::Tensor& lambda, const std::vector<double>& sigmas) {
                    auto V = lambda + sigmas[0] * sigmas[0];
                    for (std::size_t i = 1; i < sigmas.size(); ++i) {
                      const double t2 = sigmas[i - 1] * sigmas[i - 1], s2 = sigmas[i] * sigmas[i];
                      V = (1 - (t2 - s2) / (lambda + t2)).square() * V;
                      if (s2 == 0) break;
                      V = V + (t2 - s2);
                      const double e = 2 * 0.3 * 0.3;
                      for (int k = 0; k < 2; ++k)
                        V = (1 - e * s2 / (lambda + s2)).square() * V + 2 * e * s2;
                    }
                    return V;
                  });
}

// --- Order of convergence. ---

constexpr double kFirst = 20, kLast = 0.05;

// On steps that are long and short in turn: the order does not hang on an even grid.
double error_of(const Sampler& sampler, const Denoiser& prior, const torch::Tensor& x_T,
                const torch::Tensor& x_end, int steps) {
  const auto even = ve_sigmas(edm_schedule(3 * steps / 2 + 1, kLast, kFirst));
  std::vector<double> sigmas;
  for (std::size_t i = 0; i + 1 < even.size(); ++i)
    if (i % 3 != 1) sigmas.push_back(even[i]);
  Rng unused(0);
  return relative_difference(sampler.run(prior, sigmas, x_T, unused).x, x_end);
}

void check_order(const Denoiser& prior, const torch::Tensor& x_T, const torch::Tensor& x_end) {
  const std::vector<std::pair<std::string, double>> orders{
      {"euler", 1}, {"ddim", 1}, {"heun", 2}, {"dpm++2m", 2}};
  for (const auto& [name, order] : orders) {
    const auto sampler = make(name);
    const double coarse = error_of(*sampler, prior, x_T, x_end, 80);
    const double fine = error_of(*sampler, prior, x_T, x_end, 320);
    const double slope = std::log(coarse / fine) / std::log(4);
    BOOST_TEST_MESSAGE(name << ": order " << slope << ", error " << fine << " at 320 steps");
    // The next term of the error moves the slope by O(1 / steps).
    BOOST_TEST(std::abs(slope - order) < 0.1, name << " has order " << slope);
  }
}

// The flow of a Gaussian: along each eigenvector x - m grows like sqrt(lambda + sigma^2).
BOOST_AUTO_TEST_CASE(order_of_convergence_on_a_gaussian) {
  const auto prior = some_gaussian();
  const auto x_T = kFirst * fixed_normal(4, {1, 2, 2}, 3);
  const auto& lambda = prior.covariance()->eigenvalues();
  const auto gain = ((lambda + kLast * kLast) / (lambda + kFirst * kFirst)).sqrt();
  const auto x_end =
      prior.mean() + prior.covariance()->apply((x_T - prior.mean()).flatten(1), gain).view_as(x_T);
  check_order(prior, x_T, x_end);
}

BOOST_AUTO_TEST_CASE(order_of_convergence_on_a_mixture) {
  const auto prior = some_mixture();
  const auto x_T = kFirst * fixed_normal(5, {1, 1, 2}, 3);
  auto sigmas = ve_sigmas(edm_schedule(2501, kLast, kFirst));
  sigmas.pop_back();
  Rng unused(0);
  // Heun's error here is 60 times smaller than at 320 steps: 0.01 in the slope.
  check_order(prior, x_T, make("heun")->run(prior, sigmas, x_T, unused).x);
}

// --- Single steps against the papers' formulas, in the papers' variance-preserving states. ---

const auto kConstant =
    testing::Function([](const torch::Tensor& x, double) { return torch::full_like(x, 0.7); });

// mu = sqrt(abar_s) beta_t / (1 - abar_t) x0 + sqrt(alpha_t) (1 - abar_s) / (1 - abar_t) x_t,
// beta~ = (1 - abar_s) / (1 - abar_t) beta_t: DDPM, equations 6 and 7.
BOOST_AUTO_TEST_CASE(ddpm_draws_from_the_forward_posterior) {
  const auto betas = linear_betas(10, 0.05, 0.4);
  const auto schedule = ddpm_schedule(betas);
  const NoiseLevel t = schedule[4], s = schedule[5];
  const double beta = betas[5], abar_t = t.alpha * t.alpha, abar_s = s.alpha * s.alpha;
  const auto x_t = fixed_normal(6, {1, 2, 2}), x0 = torch::full_like(x_t, 0.7);
  Rng rng(7), same(7);
  const auto z = randn_like(same, x_t);
  const auto mu = std::sqrt(abar_s) * beta / (1 - abar_t) * x0 +
                  std::sqrt(1 - beta) * (1 - abar_s) / (1 - abar_t) * x_t;
  const auto x_s = mu + std::sqrt((1 - abar_s) / (1 - abar_t) * beta) * z;
  const auto ours =
      make("ddpm")->run(kConstant, {t.ve_sigma(), s.ve_sigma()}, ve_from_vp(x_t, t), rng).x;
  BOOST_TEST(relative_difference(vp_from_ve(ours, s), x_s) < 1e-13);
}

// x_s = sqrt(abar_s) x0 + sqrt(1 - abar_s - sigma^2) eps + sigma z,
// sigma = eta sqrt((1 - abar_s) / (1 - abar_t)) sqrt(1 - abar_t / abar_s): DDIM, equations 12, 16.
BOOST_AUTO_TEST_CASE(ddim_is_equation_12) {
  const auto schedule = ddpm_schedule(linear_betas());
  const NoiseLevel t = schedule[300], s = schedule[350];
  const double abar_t = t.alpha * t.alpha, abar_s = s.alpha * s.alpha;
  const auto x_t = fixed_normal(8, {1, 2, 2}), x0 = torch::full_like(x_t, 0.7);
  for (const double eta : {0.0, 0.6, 1.0}) {
    Rng rng(9), same(9);
    const auto z = randn_like(same, x_t);
    const double sigma = eta * std::sqrt((1 - abar_s) / (1 - abar_t) * (1 - abar_t / abar_s));
    const auto eps = eps_from_x0(x_t, x0, t);
    const auto x_s =
        std::sqrt(abar_s) * x0 + std::sqrt(1 - abar_s - sigma * sigma) * eps + sigma * z;
    const auto ours = make("ddim", {{"eta", fmt::format("{}", eta)}})
                          ->run(kConstant, {t.ve_sigma(), s.ve_sigma()}, ve_from_vp(x_t, t), rng)
                          .x;
    BOOST_TEST(relative_difference(vp_from_ve(ours, s), x_s) < 1e-12);
  }
}

// x + (sigma_t^2 - sigma_s^2) s + sqrt(sigma_t^2 - sigma_s^2) z, then x + e s + sqrt(2 e) z with
// e = 2 (r |z| / |s|)^2 and |z| / |s| = sigma_s: the SDE paper, algorithms 2 and 4.
BOOST_AUTO_TEST_CASE(predictor_corrector_is_algorithms_2_and_4) {
  const double t = 2, s = 1.5, r = 0.2, e = 2 * r * r * s * s;
  auto x = fixed_normal(17, {1, 2, 2});
  Rng rng(18), same(18);
  const auto sampler = make("pc", {{"r", "0.2"}});
  const auto ours = sampler->run(kConstant, {t, s}, x, rng).x;
  x = x + (t * t - s * s) * (0.7 - x) / (t * t) + std::sqrt(t * t - s * s) * randn_like(same, x);
  x = x + e * (0.7 - x) / (s * s) + std::sqrt(2 * e) * randn_like(same, x);
  BOOST_TEST(relative_difference(ours, x) < 1e-14);
}

// x_2 = sigma_2 / sigma_1 x_1 - (e^-h - 1) ((1 + 1 / 2r) D_1 - 1 / 2r D_0), r = h_0 / h.
BOOST_AUTO_TEST_CASE(dpm_solver_is_algorithm_2) {
  const testing::Function level(
      [](const torch::Tensor& x, double sigma) { return torch::full_like(x, sigma); });
  const double h_0 = 0.4, h = 1.1, r = h_0 / h;
  const double s_0 = 2, s_1 = s_0 * std::exp(-h_0), s_2 = s_1 * std::exp(-h);
  const auto x = fixed_normal(19, {1, 2, 2});
  const auto x_1 = s_1 / s_0 * x - (std::exp(-h_0) - 1) * s_0;
  const double D = (1 + 1 / (2 * r)) * s_1 - 1 / (2 * r) * s_0;
  Rng unused(0);
  BOOST_TEST(relative_difference(make("dpm++2m")->run(level, {s_0, s_1, s_2}, x, unused).x,
                                 s_2 / s_1 * x_1 - (std::exp(-h) - 1) * D) < 1e-14);
}

// x_hat = x + S_noise sqrt(sigma_hat^2 - sigma_t^2) n, sigma_hat = (1 + S_churn / steps) sigma_t,
// from S_min to S_max with both, then x_s = x_hat + (sigma_s - sigma_hat) (x_hat - D) / sigma_hat:
// EDM, algorithm 2, lines 4 to 8.
BOOST_AUTO_TEST_CASE(churn_is_algorithm_2) {
  const double t = 2, s = 1.5;
  const auto x = fixed_normal(20, {1, 2, 2});
  const auto check = [&](double gamma, double S_noise, const Values& values) {
    Rng rng(21), same(21);
    const double hat = (1 + gamma) * t;
    const auto x_hat = x + S_noise * std::sqrt(hat * hat - t * t) * randn_like(same, x);
    const auto ours = make("euler", values)->run(kConstant, {t, s}, x, rng).x;
    BOOST_TEST(relative_difference(ours, x_hat + (s - hat) / hat * (x_hat - 0.7)) < 1e-14);
  };
  check(0.3, 1, {{"S_churn", "0.3"}});
  check(0.3, 1.5, {{"S_churn", "0.3"}, {"S_noise", "1.5"}, {"S_min", "2"}, {"S_max", "2"}});
  check(std::numbers::sqrt2 - 1, 1, {{"S_churn", "9"}});
  check(0, 1, {{"S_churn", "0.3"}, {"S_max", "1.99"}});
  check(0, 1, {{"S_churn", "0.3"}, {"S_min", "2.01"}});
}

BOOST_AUTO_TEST_CASE(where_two_samplers_are_one) {
  const auto prior = some_mixture();
  const auto sigmas = ve_sigmas(vp_schedule(20));
  const auto x_T = sigmas[0] * fixed_normal(10, {1, 1, 2}, 4);
  const auto run = [&](const std::string& name, const Values& values) {
    Rng rng(11);
    return make(name, values)->run(prior, sigmas, x_T, rng).x;
  };
  BOOST_TEST(relative_difference(run("ddim", {}), run("euler", {})) < 1e-11);
  BOOST_TEST(relative_difference(run("ddim", {{"eta", "1"}}), run("ddpm", {})) < 1e-11);
}

// --- Manners. ---

// D of N(0, I), value by value: the same bits in any batch.
const auto kWhite =
    testing::Function([](const torch::Tensor& x, double sigma) { return x / (1 + sigma * sigma); });

BOOST_AUTO_TEST_CASE(a_sample_is_the_same_alone_and_in_a_batch) {
  const auto sigmas = ve_sigmas(edm_schedule(6, 0.01, 10));
  for (const SamplerRow& row : sampler_table()) {
    const auto sampler =
        row.make(row.parameters().size() == 4 ? Values{{"S_churn", "3"}} : Values{});
    const auto draw = [&](std::uint32_t first, std::int64_t n) {
      Rng rng(12, 5, first);
      const auto x_T = 10 * randn(rng, {3, 5, 7}, n);
      return sampler->run(kWhite, sigmas, x_T, rng).x;
    };
    const auto batch = draw(0, 4);
    for (std::uint32_t k = 0; k < 4; ++k)
      BOOST_TEST(torch::equal(draw(k, 1)[0], batch[k]), row.name << ", sample " << k);
  }
}

BOOST_AUTO_TEST_CASE(calls_are_counted_and_samples_reported) {
  const auto sigmas = ve_sigmas(edm_schedule(5, 0.01, 10));
  const std::map<std::string, int> calls{{"heun", 9}, {"euler", 5},     {"dpm++2m", 5}, {"ddim", 5},
                                         {"ddpm", 5}, {"langevin", 26}, {"pc", 9}};
  struct Count : Observer {
    int last = 0, stop_at = 1000;
    bool step(const StepReport& report) override {
      BOOST_TEST(report.iteration == ++last);
      BOOST_TEST(report.iterations == 5);
      return last < stop_at;
    }
  };
  for (const SamplerRow& row : sampler_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      Rng rng(13);
      Count count, two;
      two.stop_at = 2;
      const auto x_T = torch::ones({1, 1, 2, 2});
      const auto all = row.make({})->run(kWhite, sigmas, x_T, rng, &count);
      BOOST_TEST(count.last == 5);
      BOOST_TEST(all.summary.denoiser_calls == calls.at(row.name));
      const auto some = row.make({})->run(kWhite, sigmas, x_T, rng, &two);
      BOOST_TEST((some.summary.termination == Termination::stopped));
      BOOST_TEST(two.last == 2);
    }
  }
}

BOOST_AUTO_TEST_CASE(numbers_that_are_none_end_the_run) {
  const testing::Function broken([](const torch::Tensor& x, double sigma) {
    return sigma < 1 ? torch::full_like(x, NAN) : x;
  });
  Rng rng(14);
  for (const SamplerRow& row : sampler_table()) {
    const auto samples = row.make({})->run(broken, ve_sigmas(edm_schedule(8, 0.01, 10)),
                                           torch::ones({1, 1, 2, 2}), rng);
    BOOST_TEST(!samples.summary.usable(), row.name);
  }
}

BOOST_AUTO_TEST_CASE(mistakes_are_told) {
  Rng rng(15);
  const auto x = torch::zeros({1, 1, 2, 2});
  const auto ddpm = make("ddpm");
  BOOST_CHECK_THROW(ddpm->run(kWhite, {1}, x, rng), Error);
  BOOST_CHECK_THROW(ddpm->run(kWhite, {1, 2}, x, rng), Error);
  BOOST_CHECK_THROW(ddpm->run(kWhite, {1, -1}, x, rng), Error);
  BOOST_CHECK_THROW(find_sampler("dppm"), Error);
  BOOST_CHECK_THROW(make("ddim", {{"eta", "2"}}), Error);
  BOOST_CHECK_THROW(make("ddpm", {{"eta", "1"}}), Error);
}

}  // namespace
}  // namespace restore
