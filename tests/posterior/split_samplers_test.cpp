// DAPS, PnP-DM, RePaint, CoPaint, SITCOM, SNIPS and annealed Langevin dynamics on a linear-Gaussian
// problem, against their own equations in closed form; their distance from the true posterior is
// printed.
#include "operators/factory.h"
#include "operators/noise/gaussian_noise.h"
#include "priors/posterior/adam.h"
#include "priors/posterior/copaint.h"
#include "priors/posterior/daps.h"
#include "priors/posterior/dps.h"
#include "priors/posterior/langevin.h"
#include "priors/posterior/mcg.h"
#include "priors/posterior/pnp_dm.h"
#include "priors/posterior/repaint.h"
#include "priors/posterior/sitcom.h"
#include "priors/posterior/snips.h"
#include "tests/posterior/affine_recursion.h"
#include "tests/posterior/correlated_problem.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using namespace testing;

AffineStep then(const AffineStep& first, const AffineStep& second) {
  return {mm(second.F, first.F), mv(second.F, first.f) + second.f,
          mm(mm(second.F, first.Q), second.F.t()) + second.Q};
}

// As often as `times` says, a power of two.
AffineStep repeated(AffineStep first, int times) {
  for (int i = 1; i < times; i *= 2) first = then(first, first);
  return first;
}

AffineStep nothing() {
  return {identity(5), torch::zeros({5}, torch::kFloat64), torch::zeros({5, 5}, torch::kFloat64)};
}

AffineStep noise(double sigma) {
  auto step = nothing();
  step.Q = sigma * sigma * identity(5);
  return step;
}

// x ~ N(c, r^2 I) given y
AffineStep likelihood_step(const GaussianProblem& problem, double r) {
  const auto& A = problem.A;
  const auto S = r * r * mm(A, A.t()) + problem.sigma_y * problem.sigma_y * identity(3);
  const auto K = r * r * mm(A.t(), torch::inverse(S));
  const auto F = identity(5) - mm(K, A);
  return {F, mv(K, problem.y), r * r * F};
}

BOOST_AUTO_TEST_CASE(daps_follows_its_recursion) {
  const auto problem = make_gaussian_problem();
  DapsOptions options;
  options.samples = kSamples;
  options.steps = 10;
  options.ode_steps = 3;
  options.s = 1;
  const auto step = [&](double sigma_t, double sigma_s) {
    auto flow = nothing();
    double sigma = sigma_t;
    for (int i = 1; i <= options.ode_steps; ++i) {
      const double next =
          i == options.ode_steps
              ? 0
              : sigma_t * std::pow(options.sigma_min / sigma_t, double(i) / options.ode_steps);
      const auto D = denoiser_of(problem.prior, sigma);
      const double kept = next / sigma;
      flow = then(flow, {(1 - kept) * D.G + kept * identity(5), (1 - kept) * D.g,
                         torch::zeros({5, 5}, torch::kFloat64)});
      sigma = next;
    }
    const double r = sigma_t * options.s / std::hypot(options.s, sigma_t);
    return then(then(flow, likelihood_step(problem, r)), noise(sigma_s));
  };
  check_moments("daps", draw(Daps(options), problem), recursion(problem, options, step));
  options.s = DapsOptions().s;
  options.steps = 100;
  print_bias("daps", recursion(problem, options, step), problem);
}

// Light five times as strong on a sensor that none of it saturates: Langevin dynamics on the
// posterior's quadratic energy, whose curvature is L, makes a variance of 1 / (L (1 - h L / 2)).
BOOST_AUTO_TEST_CASE(a_steep_operator_keeps_the_likelihood_draw_stable) {
  const Shape shape{1, 100, 100};
  const double r = 0.1, sigma_y = 0.05, c = 0.1, y = 0.55;
  const Measurement item{torch::full({1, 1, 100, 100}, y, torch::kFloat64),
                         build_operator("clip(exposure=5)", {shape, false}),
                         std::make_shared<GaussianNoise>(sigma_y)};
  const double L = 1 / (r * r) + 25 / (sigma_y * sigma_y);
  const double mean = (c / (r * r) + 5 * y / (sigma_y * sigma_y)) / L;
  const LikelihoodDrawOptions options;
  Rng rng(4);
  const auto x = draw_likelihood(item, torch::full_like(item.y, c), r, options, rng);
  const double variance = 1 / (L * (1 - options.step / 2));
  // 10,000 independent pixels: five standard errors.
  BOOST_TEST(std::abs(x.mean().item<double>() - mean) < 0.05 * std::sqrt(variance));
  BOOST_TEST(std::abs(x.var().item<double>() / variance - 1) < 5 * std::sqrt(2e-4));
}

StepAt pnp_dm_step(const GaussianProblem& problem, const PnpDmOptions& options) {
  return [&](double rho, double) {
    auto whole = likelihood_step(problem, rho);
    SamplingOptions inner = options;
    inner.steps = options.diffusion_steps;
    inner.sigma_max = rho;
    inner.sigma_min = 0.05 * rho;
    const auto sigmas = noise_levels(inner, {});
    for (std::size_t i = 0; i + 1 < sigmas.size(); ++i)
      whole = then(whole, reverse_step_of(denoiser_of(problem.prior, sigmas[i]), inner, sigmas[i],
                                          sigmas[i + 1]));
    return whole;
  };
}

// It starts at the initial estimate without noise, which likelihood and rho = sigma_max forget.
BOOST_AUTO_TEST_CASE(pnp_dm_follows_its_recursion) {
  const auto problem = make_gaussian_problem();
  PnpDmOptions options;
  options.eta = 0.6;
  options.samples = kSamples;
  options.steps = 8;
  options.diffusion_steps = 4;
  const auto sigmas = noise_levels(options, {});
  auto x = start_of(problem, 0);
  const auto step = pnp_dm_step(problem, options);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i)
    x = advance(x, step(sigmas[i], sigmas[i + 1]));
  check_moments("pnp-dm", draw(PnpDm(options), problem), x);
}

BOOST_AUTO_TEST_CASE(repaint_follows_its_recursion) {
  const auto problem = make_gaussian_problem();
  RepaintOptions options;
  options.samples = kSamples;
  options.steps = 10;
  options.resamplings = 3;
  const auto pinv = torch::linalg_pinv(problem.A);
  const auto P = mm(pinv, problem.A);
  const auto step = [&](double sigma_t, double sigma_s) {
    const auto reverse =
        reverse_step_of(denoiser_of(problem.prior, sigma_t), options, sigma_t, sigma_s);
    const AffineStep replace{identity(5) - P, mv(pinv, problem.y), sigma_s * sigma_s * P};
    const auto once = then(reverse, replace);
    const auto back = noise(std::sqrt(sigma_t * sigma_t - sigma_s * sigma_s));
    auto whole = once;
    for (int u = 1; u < options.resamplings; ++u) whole = then(then(whole, back), once);
    return whole;
  };
  check_moments("repaint", draw(Repaint(options), problem), recursion(problem, options, step));
  options.steps = 100;
  print_bias("repaint", recursion(problem, options, step), problem);
}

// Without its gradient a step of MCG is RePaint's, taken once, from the same random numbers.
BOOST_AUTO_TEST_CASE(mcg_without_a_gradient_is_repaint) {
  const auto problem = make_gaussian_problem();
  McgOptions mcg;
  mcg.alpha = 0;
  RepaintOptions repaint;
  repaint.resamplings = 1;
  mcg.samples = repaint.samples = 3;
  mcg.steps = repaint.steps = 6;
  mcg.eta = repaint.eta = 0.7;
  BOOST_TEST(relative_difference(draw(Mcg(mcg), problem), draw(Repaint(repaint), problem)) < 1e-12);
}

// DPS, algorithm 1, in the paper's own state: pixels p = (x - 1/2) / s, p_t = alpha_t p + sqrt(1 -
// alpha_t^2) n, and p_s = p'_s - zeta / ||r|| grad ||r||^2 with the residual in the same unit; A is
// linear, so that 1/2 goes with y.
BOOST_AUTO_TEST_CASE(dps_takes_the_papers_step) {
  const auto problem = make_gaussian_problem();
  const auto prior = problem.denoiser();
  const double t = 0.8, to = 0.5, zeta = 0.3, unit = 0.4;
  const double alpha_t = 1 / std::hypot(1, t / unit), alpha_s = 1 / std::hypot(1, to / unit);
  const auto x_t = 0.5 + torch::linspace(-1, 1, 5, torch::kFloat64);
  const auto D = denoiser_of(problem.prior, t);
  const auto x0_hat = mv(D.G, x_t) + D.g;
  const auto r = (problem.y - mv(problem.A, x0_hat)) / unit;
  // dr/dp_t = -A G / alpha_t
  const auto gradient = -2 / alpha_t * mv(mm(problem.A, D.G).t(), r);
  const auto free = x0_hat + to / t * (x_t - x0_hat);
  const auto p_s = alpha_s * (free - 0.5) / unit - zeta / r.norm() * gradient;
  Rng unused(0);
  const auto move =
      dps_step(problem.measurement(), prior, x_t.view({1, 1, 1, 5}), t, to, 0, zeta, unit, unused);
  BOOST_TEST(relative_difference(move.x_s.view({5}), 0.5 + unit * p_s / alpha_s) < 1e-12);
}

StepAt langevin_step(const GaussianProblem& problem, const PosteriorLangevinOptions& options) {
  return [&](double sigma_t, double sigma_s) {
    const auto& A = problem.A;
    const double variance = problem.sigma_y * problem.sigma_y + sigma_t * sigma_t;
    const double norm = std::get<1>(torch::linalg_svd(A)).max().item<double>();
    const double h = options.step / (1 / (sigma_t * sigma_t) + norm * norm / variance);
    const auto D = denoiser_of(problem.prior, sigma_t);
    const AffineStep once{
        identity(5) + h * ((D.G - identity(5)) / (sigma_t * sigma_t) - mm(A.t(), A) / variance),
        h * (D.g / (sigma_t * sigma_t) + mv(A.t(), problem.y) / variance), 2 * h * identity(5)};
    auto whole = repeated(once, options.iterations);
    if (sigma_s == 0) whole = then(whole, {D.G, D.g, torch::zeros({5, 5}, torch::kFloat64)});
    return whole;
  };
}

BOOST_AUTO_TEST_CASE(langevin_follows_its_recursion) {
  const auto problem = make_gaussian_problem();
  PosteriorLangevinOptions options;
  options.samples = kSamples;
  options.steps = 10;
  options.iterations = 4;
  check_moments("langevin", draw(PosteriorLangevin(options), problem),
                recursion(problem, options, langevin_step(problem, options)));
}

// In the limit of small steps, many of them, and no noise at the end: to 5 % here.
template <typename Options, typename StepOf>
void check_limit(const std::string& name, const StepOf& step_of) {
  const auto problem = make_gaussian_problem();
  Options options;
  options.steps = 40;
  options.iterations = 4096;
  options.step = 0.05;
  const auto moments = recursion(problem, options, step_of(problem, options));
  const auto truth = posterior(problem, problem.prior);
  print_bias(name, moments, problem);
  BOOST_TEST(relative_difference(moments.mean, truth.mean) < 0.05);
  BOOST_TEST(relative_difference(moments.covariance, truth.covariance) < 0.05);
}

BOOST_AUTO_TEST_CASE(langevin_converges_to_the_posterior) {
  check_limit<PosteriorLangevinOptions>("langevin", langevin_step);
}

StepAt snips_step(const GaussianProblem& problem, const SnipsOptions& options) {
  return [&](double sigma_t, double sigma_s) {
    const auto [U, s_measured, Vt] = torch::linalg_svd(problem.A, /*full_matrices=*/true);
    const auto V = Vt.t();
    const auto unmeasured = problem.A.size(1) - problem.A.size(0);
    const auto s = torch::constant_pad_nd(s_measured, {0, unmeasured});
    const auto s_y = s * torch::constant_pad_nd(mv(U.t(), problem.y), {0, unmeasured});
    const auto D = denoiser_of(problem.prior, sigma_t);
    const double variance = sigma_t * sigma_t, noise = problem.sigma_y * problem.sigma_y;
    const auto known = (s * sigma_t > problem.sigma_y).to(torch::kFloat64);
    const auto rest = (1 - known) * (1 - s.square() * variance / noise);
    const auto ybar = torch::where(s > 0, s_y / s.square(), torch::zeros_like(s));
    // x~ + c (F x~ + f) + N(0, 2 c a), then back from V's basis
    const auto pull = (1 - known) * variance / noise;
    const auto F = torch::diag(rest).mm(V.t().mm(D.G).mm(V) - identity(5)) -
                   torch::diag(known + pull * s.square());
    const auto f = rest * mv(V.t(), D.g) + known * ybar + pull * s_y;
    const auto a = torch::where(known > 0, variance - noise / s.square(), variance * rest);
    const double c = options.step;
    auto whole = repeated(
        {V.mm(identity(5) + c * F).mm(V.t()), mv(V, c * f), V.mm(torch::diag(2 * c * a)).mm(V.t())},
        options.iterations);
    if (sigma_s > 0) return whole;
    const auto unknown = V.mm(torch::diag(1 - known)).mm(V.t());
    return then(whole, {unknown.mm(D.G), mv(unknown, D.g) + mv(V, known * ybar),
                        torch::zeros({5, 5}, torch::kFloat64)});
  };
}

BOOST_AUTO_TEST_CASE(snips_follows_its_recursion) {
  SnipsOptions options;
  options.samples = kSamples;
  options.steps = 10;
  options.iterations = 4;
  // Data finer than the last level end the run as they are.
  auto fine = make_gaussian_problem();
  fine.sigma_y = 0.002;
  for (const auto& problem : {make_gaussian_problem(), make_correlated_problem().white, fine})
    check_moments("snips", draw(Snips(options), problem),
                  recursion(problem, options, snips_step(problem, options)));
}

// Where s sigma_t is sigma_y but for rounding the variance of a step is 0 but for rounding: in
// float32 the difference of the squares fell below 0, and its root was no number.
BOOST_AUTO_TEST_CASE(snips_bears_data_as_noisy_as_the_state) {
  const Gaussian prior(torch::full({1, 1, 33}, 0.5), isotropic_covariance(33, 0.06));
  for (const double sigma_min : {0.071, 0.03, 0.0123}) {
    SnipsOptions options;
    options.steps = 4;
    options.sigma_min = sigma_min;
    const double sigma_y = 0.2 * sigma_min;
    // 0.2 and its 16 neighbours in float32 on either side.
    const auto s = 0.2 * (1 + 0x1p-24 * torch::arange(-16, 17, torch::kFloat64));
    Rng rng(3);
    const Measurement measurement{0.1 + sigma_y * randn(rng, {1, 1, 33}),
                                  std::make_shared<SvdOperator>(torch::diag(s)),
                                  std::make_shared<WhiteNoise>(sigma_y)};
    BOOST_TEST(Snips(options).run(measurement, prior, rng).summary.usable(),
               "sigma_min " << sigma_min);
  }
}

BOOST_AUTO_TEST_CASE(snips_converges_to_the_posterior) {
  check_limit<SnipsOptions>("snips", snips_step);
}

BOOST_AUTO_TEST_CASE(copaint_follows_its_recursion) {
  const auto problem = make_gaussian_problem();
  CopaintOptions options;
  options.samples = kSamples;
  options.steps = 10;
  options.eta = 0.7;
  options.iterations = 3;
  const auto& A = problem.A;
  const double norm = std::get<1>(torch::linalg_svd(A)).max().item<double>();
  const auto step = [&](double sigma_t, double sigma_s) {
    const double variance = sigma_t * sigma_t;
    const double xi = problem.sigma_y * problem.sigma_y + options.gamma * variance;
    const double h = options.step / (1 / variance + norm * norm / xi);
    const auto D = denoiser_of(problem.prior, sigma_t);
    const auto pull = mm(D.G.t(), A.t()) / xi;
    // x_k = M_k x_t + m_k
    auto M = identity(5);
    auto m = torch::zeros({5}, torch::kFloat64);
    for (int i = 0; i < options.iterations; ++i) {
      m = m - h * (m / variance + mv(pull, mv(A, mv(D.G, m) + D.g) - problem.y));
      M = M - h * ((M - identity(5)) / variance + mm(pull, mm(A, mm(D.G, M))));
    }
    return then({M, m, torch::zeros({5, 5}, torch::kFloat64)},
                reverse_step_of(D, options, sigma_t, sigma_s));
  };
  check_moments("copaint", draw(Copaint(options), problem), recursion(problem, options, step));
  options.steps = 100;
  print_bias("copaint", recursion(problem, options, step), problem);
}

// m_hat / sqrt(v_hat) after the gradients 1, -2 and 4: algorithm 1 with beta_1 = 0.9 and beta_2 =
// 0.99.
BOOST_AUTO_TEST_CASE(adam_goes_where_its_paper_says) {
  double m = 0, v = 0;
  Adam adam(torch::zeros({1}, torch::kFloat64));
  double m_left = 1, v_left = 1;  // beta_1^t, beta_2^t
  for (const double g : {1.0, -2.0, 4.0}) {
    m += 0.1 * (g - m);
    v += 0.01 * (g * g - v);
    m_left *= 0.9;
    v_left *= 0.99;
    const double expected = m / (1 - m_left) / std::sqrt(v / (1 - v_left));
    const double found = adam.direction(torch::full({1}, g, torch::kFloat64)).item<double>();
    BOOST_TEST(std::abs(found - expected) < 1e-7);  // epsilon is 1e-8
  }
}

// Many short steps of Adam end at the minimum, which is closed for an affine D; and where x_t
// explains the data as well as their noise allows, none is taken.
BOOST_AUTO_TEST_CASE(sitcom_minimises_its_objective) {
  auto problem = make_gaussian_problem();
  const auto prior = problem.denoiser();
  const double sigma_t = 0.3;
  SitcomOptions options;
  options.iterations = 4000;
  options.learning_rate = 1e-3;
  options.lambda = 0.1;
  const auto D = denoiser_of(problem.prior, sigma_t);
  const auto x_t = 0.5 + 0.3 * torch::linspace(-1, 1, 5, torch::kFloat64);
  const auto B = mm(problem.A, D.G);
  // (B^T B + lambda' I) v = B^T (y - A g) + lambda' x_t
  const double lambda = options.lambda * std::pow(options.s / std::hypot(options.s, sigma_t), 2);
  problem.sigma_y = 1e-6;  // never explained so well
  const auto minimum = mv(torch::inverse(mm(B.t(), B) + lambda * identity(5)),
                          mv(B.t(), problem.y - mv(problem.A, D.g)) + lambda * x_t);
  const auto v =
      sitcom_input(problem.measurement(), prior, x_t.view({1, 1, 1, 5}), sigma_t, options).v;
  // Adam without decay circles the minimum at its own step: 1e-3 of the state's unit.
  BOOST_TEST((v.view({5}) - minimum).abs().max().item<double>() <
             2 * options.learning_rate * std::hypot(options.s, sigma_t));
  problem.sigma_y = 10;
  const auto still =
      sitcom_input(problem.measurement(), prior, x_t.view({1, 1, 1, 5}), sigma_t, options).v;
  BOOST_TEST(torch::equal(still.view({5}), x_t));
  // As well as allowed: ||r||^2 <= M sigma_y^2 for M measured values, fewer than pixels.
  const double root = (mv(problem.A, mv(D.G, x_t) + D.g) - problem.y).norm().item<double>();
  for (const double part : {0.99, 1.01}) {
    problem.sigma_y = part * root / std::sqrt(3.0);
    const int calls =
        sitcom_input(problem.measurement(), prior, x_t.view({1, 1, 1, 5}), sigma_t, options).calls;
    BOOST_TEST((calls > 1) == (part < 1));
  }
}

}  // namespace
}  // namespace restore
