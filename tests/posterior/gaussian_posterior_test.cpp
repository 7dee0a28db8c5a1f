// Samplers on a linear-Gaussian problem: mean and covariance of their samples against what their
// own equations give there, in closed form; how far that is from the true posterior is printed, and
// held to nothing where the sampler is exact.
#include "priors/posterior/ddnm.h"
#include "priors/posterior/ddnm_plus.h"
#include "priors/posterior/ddrm.h"
#include "priors/posterior/diffpir.h"
#include "priors/posterior/guided_sampler.h"
#include "priors/posterior/mmps.h"
#include "priors/posterior/pigdm.h"
#include "priors/posterior/sda.h"
#include "priors/posterior/tmpd.h"
#include "tests/posterior/affine_recursion.h"
#include "tests/posterior/correlated_problem.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using namespace testing;

template <typename Conditioned>
Moments guided_moments(const GaussianProblem& problem,
                       const typename Conditioned::Options& options) {
  const auto prior = problem.denoiser();
  const Conditioned D(problem.measurement(), prior, options);
  return recursion(problem, options, [&](double t, double s) {
    return reverse_step_of(probe(D, problem.A.size(1), t), options, t, s);
  });
}

template <typename Conditioned>
void check_guided(typename Conditioned::Options options = {}) {
  const auto problem = make_gaussian_problem();
  options.samples = kSamples;
  options.steps = 12;
  options.eta = 0.8;
  const auto moments = guided_moments<Conditioned>(problem, options);
  check_moments(Conditioned::kName, draw(GuidedSampler<Conditioned>(options), problem), moments);

  options.steps = 200;
  print_bias(Conditioned::kName, guided_moments<Conditioned>(problem, options), problem);
}

BOOST_AUTO_TEST_CASE(guided_samplers_follow_their_recursion) {
  check_guided<Pigdm>();
  check_guided<Tmpd>();
  check_guided<Mmps>();
  check_guided<Sda>();
  check_guided<Ddnm>();
}

// The moments tend to the posterior's where E[x0 | x, y] is exact: first order in the steps, so
// that four times as many leave a quarter of the error; held to a third.
BOOST_AUTO_TEST_CASE(mmps_converges_to_the_posterior) {
  const auto problem = make_gaussian_problem();
  const auto truth = posterior(problem, problem.prior);
  MmpsOptions options;
  options.cg = 4;
  options.sigma_max = 20;
  options.sigma_min = 1e-3;
  const auto error = [&](int steps) {
    options.steps = steps;
    const auto moments = guided_moments<Mmps>(problem, options);
    return std::max(relative_difference(moments.mean, truth.mean),
                    relative_difference(moments.covariance, truth.covariance));
  };
  const double coarse = error(100), fine = error(400);
  BOOST_TEST_MESSAGE("mmps: relative error " << coarse << " at 100 steps, " << fine << " at 400");
  BOOST_TEST(fine < coarse / 3);
  BOOST_TEST(fine < 0.03);
}

// Per coefficient of V^T x: F = V diag(f_x + f_D G...) V^T is written with the dense V of an SVD
// here.
struct Spectrum {
  torch::Tensor V, s, s_ybar;  // N x N; N; U^T y, N

  explicit Spectrum(const GaussianProblem& problem) {
    const auto [u, values, vt] = torch::linalg_svd(problem.A, true);
    const auto n = problem.A.size(1), m = problem.A.size(0);
    V = vt.t();
    s = torch::constant_pad_nd(values, {0, n - m});
    s_ybar = torch::constant_pad_nd(mv(u.t(), problem.y), {0, n - m});
  }
  // V diag(d) V^T
  torch::Tensor map(const torch::Tensor& d) const { return mm(V * d, V.t()); }
};

// Whitened, it is the same problem.
BOOST_AUTO_TEST_CASE(whitening_keeps_the_posterior) {
  const auto [white, truth] = make_correlated_problem();
  const auto found = posterior(white, white.prior);
  BOOST_TEST(relative_difference(found.mean, truth.mean) < 1e-9);
  BOOST_TEST(relative_difference(found.covariance, truth.covariance) < 1e-9);
}

void check_ddnm_plus(const GaussianProblem& problem, double smallest) {
  const Spectrum A(problem);
  DdnmPlusOptions options;
  options.samples = kSamples;
  options.steps = 12;
  options.smallest = smallest;
  options.eta = 0.8;
  const auto step = [&](double sigma_t, double sigma_s) -> AffineStep {
    const double ratio = sigma_s / sigma_t;
    const double v = std::pow(options.eta * sigma_s, 2) * (1 - ratio * ratio);
    const double kept = std::sqrt(sigma_s * sigma_s - v) / sigma_t, a = 1 - kept;
    auto over_s = torch::zeros({5}, torch::kFloat64), fresh = torch::full({5}, v, torch::kFloat64);
    for (int i = 0; i < problem.A.size(0); ++i) {
      const double s = A.s[i].item<double>();
      if (s < smallest) continue;  // as if it were not measured
      // lambda = 1 where sqrt(v) >= a sigma_y / s
      const bool known = std::sqrt(v) >= a * problem.sigma_y / s;
      const double lambda = known ? 1 : std::sqrt(v) * s / (a * problem.sigma_y);
      over_s[i] = lambda / s;
      fresh[i] = known ? v - std::pow(a * problem.sigma_y / s, 2) : 0;
    }
    const auto D = denoiser_of(problem.prior, sigma_t);
    const auto I = identity(5);
    // guided = (I - V lambda V^T) D + V (lambda / s) U^T y
    const auto keep = I - A.map(over_s * A.s);
    return {a * mm(keep, D.G) + kept * I, a * (mv(keep, D.g) + mv(A.V, over_s * A.s_ybar)),
            A.map(fresh)};
  };
  check_moments("ddnm+", draw(DdnmPlus(options), problem), recursion(problem, options, step));
  options.steps = 200;
  print_bias("ddnm+", recursion(problem, options, step), problem);
}

BOOST_AUTO_TEST_CASE(ddnm_plus_follows_its_recursion) {
  const auto problem = make_gaussian_problem();
  const auto s = Spectrum(problem).s;
  const double between = (s[1] + s[2]).item<double>() / 2;
  for (const double smallest : {DdnmPlusOptions().smallest, between})
    check_ddnm_plus(problem, smallest);
  check_ddnm_plus(make_correlated_problem().white, DdnmPlusOptions().smallest);
}

void check_ddrm(const GaussianProblem& problem) {
  const Spectrum A(problem);
  DdrmOptions options;
  options.samples = kSamples;
  options.steps = 12;
  options.eta_b = 0.7;
  const double root = std::sqrt(1 - options.eta * options.eta);
  const auto step = [&](double sigma_t, double sigma_s) -> AffineStep {
    // In the spectrum: x_s = on_x x_t + on_D x0_hat + constant + N(0, fresh)
    auto on_x = torch::zeros({5}, torch::kFloat64), on_D = torch::ones_like(on_x);
    auto constant = torch::zeros_like(on_x), fresh = torch::zeros_like(on_x);
    for (int i = 0; i < 5; ++i) {
      const double s = A.s[i].item<double>();
      const double noise = problem.sigma_y / s, ybar = A.s_ybar[i].item<double>() / s;
      fresh[i] = std::pow(options.eta * sigma_s, 2);
      if (s == 0) {
        on_x[i] = root * sigma_s / sigma_t;
        on_D[i] = 1 - root * sigma_s / sigma_t;
      } else if (sigma_s < noise) {
        on_D[i] = 1 - root * sigma_s / noise;
        constant[i] = root * sigma_s / noise * ybar;
      } else {
        on_D[i] = 1 - options.eta_b;
        constant[i] = options.eta_b * ybar;
        fresh[i] = sigma_s * sigma_s - std::pow(options.eta_b * noise, 2);
      }
    }
    const auto D = denoiser_of(problem.prior, sigma_t);
    const auto map_D = A.map(on_D);
    return {A.map(on_x) + mm(map_D, D.G), mv(map_D, D.g) + mv(A.V, constant), A.map(fresh)};
  };
  // All that is measured is known at the first level, and what DDRM starts from there is forgotten:
  // their next state does not depend on x_t.
  check_moments("ddrm", draw(Ddrm(options), problem), recursion(problem, options, step));
  options.steps = 200;
  options.eta_b = 1;
  print_bias("ddrm", recursion(problem, options, step), problem);
}

BOOST_AUTO_TEST_CASE(ddrm_follows_its_recursion) {
  check_ddrm(make_gaussian_problem());
  check_ddrm(make_correlated_problem().white);
}

BOOST_AUTO_TEST_CASE(ddrm_returns_noiseless_data) {
  auto problem = make_gaussian_problem(5, 5);
  problem.sigma_y = 0;
  problem.A = identity(5);
  DdrmOptions options;
  const auto samples = draw(Ddrm(options), problem);
  BOOST_TEST((samples[0] - problem.y).abs().max().item<double>() < 1e-12);
}

}  // namespace
}  // namespace restore
