// MCGDiff and TDS on a linear-Gaussian problem: the cloud's mean, second moments and evidence
// against the posterior of the discretised diffusion, which is Gaussian and known, so that no error
// of discretisation enters; the only tolerance is the standard error over independent clouds.
#include "priors/posterior/mcgdiff.h"
#include "priors/posterior/tds.h"
#include "tests/posterior/correlated_problem.h"

namespace restore {
namespace {

using testing::GaussianProblem;
using testing::identity;
using testing::make_correlated_problem;
using testing::make_gaussian_problem;
using testing::Moments;
using torch::mm;
using torch::mv;

constexpr int kClouds = 60;
constexpr double kStandardErrors = 4.5;

// Weighted mean and variances of each cloud, and p(y) over the true one: clouds x (N + N + 1).
using MakeCloud = std::function<Cloud(const Measurement&, const Denoiser&, Rng&)>;

void check_clouds(const GaussianProblem& problem, const MakeCloud& make, const Moments& truth,
                  double log_evidence) {
  const auto prior = problem.denoiser();
  const auto measurement = problem.measurement();
  std::vector<torch::Tensor> rows;
  for (int k = 0; k < kClouds; ++k) {
    Rng rng(100 + static_cast<std::uint64_t>(k));
    const auto cloud = make(measurement, prior, rng);
    // Estimates relative to the evidence's are unbiased for any number of particles: w^ = p^(y) /
    // p(y).
    const double w = std::exp(cloud.log_evidence - log_evidence);
    const auto x = cloud.x.view({cloud.x.size(0), -1}) - truth.mean;
    const auto weights = torch::softmax(cloud.log_weights, 0).unsqueeze(1);
    rows.push_back(w * torch::cat({(weights * x).sum(0),
                                   (weights * x.square()).sum(0) - truth.covariance.diag(),
                                   torch::ones({1}, torch::kFloat64)}));
  }
  const auto estimates = torch::stack(rows);
  auto expected = torch::zeros({estimates.size(1)}, torch::kFloat64);
  expected[-1] = 1;
  const auto error =
      (estimates.mean(0) - expected) / (estimates.std(0) / std::sqrt(double{kClouds}));
  BOOST_TEST_MESSAGE("errors in standard errors: mean, variances, evidence "
                     << error.view({1, -1}));
  BOOST_TEST_MESSAGE("spread of p^(y) / p(y) " << estimates.select(1, -1).std().item<double>());
  BOOST_TEST(error.abs().max().item<double>() < kStandardErrors);
  // The clouds say something: their means vary by a fraction of the posterior's spread.
  const auto variation =
      estimates.narrow(1, 0, truth.mean.size(0)).std(0) / truth.covariance.diag().sqrt();
  BOOST_TEST(variation.max().item<double>() < 0.5);
}

// The discretised diffusion without a measurement: x_T ~ N(m, sigma_T^2 I), then reverse steps with
// the prior's denoiser. `remember` is told the joint law of all that was remembered so far and x_t;
// it returns rows of x_t to remember exactly.
struct Chain {
  Moments joint;                // (remembered, x_t)
  std::int64_t remembered = 0;  // how many
};

void advance(Chain& chain, const GaussianProblem& problem, const SamplingOptions& options,
             double sigma_t, double sigma_s) {
  const auto n = problem.prior.mean.size(0), k = chain.remembered;
  const auto& C = problem.prior.covariance;
  const auto G = mm(C, torch::inverse(C + sigma_t * sigma_t * identity(n)));
  const double v = options.fresh_variance(sigma_t, sigma_s);
  const double kept = std::sqrt(sigma_s * sigma_s - v) / sigma_t;
  auto F = identity(k + n), Q = torch::zeros({k + n, k + n}, torch::kFloat64);
  auto f = torch::zeros({k + n}, torch::kFloat64);
  F.narrow(0, k, n).narrow(1, k, n).copy_((1 - kept) * G + kept * identity(n));
  f.narrow(0, k, n).copy_((1 - kept) * mv(identity(n) - G, problem.prior.mean));
  Q.narrow(0, k, n).narrow(1, k, n).copy_(v * identity(n));
  chain.joint = {mv(F, chain.joint.mean) + f, mm(mm(F, chain.joint.covariance), F.t()) + Q};
}

// Puts row . x_t in front of the state.
void remember(Chain& chain, const torch::Tensor& row) {
  const auto n = row.size(0), k = chain.remembered;
  auto F = torch::zeros({k + 1 + n, k + n}, torch::kFloat64);
  F.narrow(0, 0, k).narrow(1, 0, k).copy_(identity(k));
  F.narrow(0, k, 1).narrow(1, k, n).copy_(row);
  F.narrow(0, k + 1, n).narrow(1, k, n).copy_(identity(n));
  chain.joint = {mv(F, chain.joint.mean), mm(mm(F, chain.joint.covariance), F.t())};
  ++chain.remembered;
}

Chain start(const GaussianProblem& problem, double sigma_T) {
  const auto measurement = problem.measurement();
  const auto n = problem.prior.mean.size(0);
  return {
      {measurement.A->initial_estimate(measurement.y).view({n}), sigma_T * sigma_T * identity(n)},
      0};
}

void check_tds(const GaussianProblem& problem) {
  TdsOptions options;
  options.steps = 15;
  options.particles = 64;
  Chain chain = start(problem, options.sigma_max);
  const auto sigmas = noise_levels(options, {});
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i)
    advance(chain, problem, options, sigmas[i], sigmas[i + 1]);
  const auto truth = testing::posterior(problem, chain.joint);
  for (const bool optimal : {false, true}) {
    BOOST_TEST_CONTEXT("optimal " << optimal) {
      options.optimal = optimal;
      check_clouds(
          problem,
          [&](const Measurement& m, const Denoiser& prior, Rng& rng) {
            return Tds(options).cloud(m, prior, rng);
          },
          truth, testing::log_evidence(problem, chain.joint));
    }
  }
}

BOOST_AUTO_TEST_CASE(tds_is_exact_for_any_twist) {
  check_tds(make_gaussian_problem());
  check_tds(make_correlated_problem().white);
}

void check_mcgdiff(const GaussianProblem& problem, double kappa) {
  McgdiffOptions options;
  options.steps = 15;
  options.particles = 256;
  options.kappa = kappa;
  // The measured coefficients, and the chain's law of them at their levels tau.
  const auto [u, s, vt] = torch::linalg_svd(problem.A, true);
  const auto ybar = mv(u.t(), problem.y) / s;
  const auto tau = problem.sigma_y / s;
  const auto same = [](double a, double b) { return std::abs(a - b) < 1e-12; };
  const std::int64_t M = problem.A.size(0), N = problem.A.size(1);
  auto sigmas = noise_levels(options, {});
  for (std::int64_t i = 0; i < M; ++i) sigmas.push_back(tau[i].item<double>());
  std::sort(sigmas.begin(), sigmas.end(), std::greater<>());
  sigmas.erase(std::unique(sigmas.begin(), sigmas.end(), same), sigmas.end());

  Chain chain = start(problem, options.sigma_max);
  std::vector<std::int64_t> order;  // in which the coefficients are remembered
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
    advance(chain, problem, options, sigmas[i], sigmas[i + 1]);
    for (std::int64_t j = 0; j < M; ++j)
      if (same(tau[j].item<double>(), sigmas[i + 1])) {
        remember(chain, vt[j]);
        order.push_back(j);
      }
  }
  const auto H = identity(M + N).narrow(0, 0, M);
  const auto observed = ybar.index_select(0, torch::tensor(order));
  const auto noise = options.kappa * identity(M);
  const auto joint = testing::condition(chain.joint, H, noise, observed);
  const Moments truth{joint.mean.narrow(0, M, N), joint.covariance.narrow(0, M, N).narrow(1, M, N)};
  const auto S = chain.joint.covariance.narrow(0, 0, M).narrow(1, 0, M) + noise;
  const auto r = observed - chain.joint.mean.narrow(0, 0, M);
  const double log_evidence =
      (-0.5 * (torch::dot(r, mv(torch::inverse(S), r)) + torch::logdet(2 * M_PI * S)) -
       s.log().sum())
          .item<double>();
  check_clouds(
      problem,
      [&](const Measurement& m, const Denoiser& prior, Rng& rng) {
        return Mcgdiff(options).cloud(m, prior, rng);
      },
      truth, log_evidence);
}

BOOST_AUTO_TEST_CASE(mcgdiff_is_exact) {
  check_mcgdiff(make_gaussian_problem(), 1e-8);
  check_mcgdiff(make_correlated_problem().white, 0.02);  // as wide as the noise
}

// Too many different tau for a level each, and all below half of the last level: they are rounded
// to that, not to the 0 after it, where even a pin of width 0 would stand for data without noise.
BOOST_AUTO_TEST_CASE(mcgdiff_takes_the_finest_data_at_the_last_level) {
  constexpr std::int64_t kPixels = 20;
  GaussianProblem problem;
  problem.sigma_y = 0.002;
  problem.A = torch::diag(torch::linspace(1, 1.5, kPixels, torch::kFloat64));
  problem.prior = {torch::full({kPixels}, 0.5, torch::kFloat64), 0.06 * identity(kPixels)};
  const auto x0 = torch::linspace(0.2, 0.8, kPixels, torch::kFloat64);
  problem.y = mv(problem.A, x0);
  McgdiffOptions options;
  options.kappa = 0;
  options.steps = 20;
  const auto prior = problem.denoiser();
  Rng rng(4);
  const auto cloud = Mcgdiff(options).cloud(problem.measurement(), prior, rng);
  BOOST_TEST(cloud.summary.usable());
  BOOST_TEST(std::isfinite(cloud.log_evidence));
  // A state of the last level is within some five of it of ybar; below it, D is nearly the
  // identity.
  const auto error = (cloud.x.view({-1, kPixels}) - x0).abs().max().item<double>();
  BOOST_TEST(error < 6 * options.sigma_min);
}

// J = -10 I: no covariance.
class Turning : public MmseDenoiser {
 public:
  torch::Tensor denoise(const torch::Tensor& x, double) const override { return -10 * x; }
  Linearization linearize(const torch::Tensor& x, double) const override {
    return {-10 * x, [](const torch::Tensor& v) { return -10 * v; }};
  }
  std::optional<int> receptive_field() const override { return 0; }
  std::string name() const override { return "turning"; }
};

BOOST_AUTO_TEST_CASE(a_jacobian_that_is_no_covariance_ends_tds_as_diverged) {
  TdsOptions options;
  options.optimal = true;
  const Tds tds(options);
  Rng rng(5);
  const auto result = tds.run(make_gaussian_problem().measurement(), Turning(), rng);
  BOOST_TEST((result.summary.termination == Termination::diverged));
}

}  // namespace
}  // namespace restore
