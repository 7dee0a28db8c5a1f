// Samplers whose steps are affine on a linear-Gaussian problem: the law of their samples in closed
// form.
#pragma once

#include "priors/posterior/sampling.h"
#include "tests/posterior/gaussian_problem.h"
#include "tests/posterior/statistics.h"

namespace restore::testing {

using torch::mm;
using torch::mv;

constexpr std::int64_t kSamples = 4000;
// Five means and fifteen covariances: the largest of twenty Gaussian deviations passes 4.5 standard
// errors once in 7000 runs; the seed is fixed.
constexpr double kStandardErrors = 4.5;

// x -> F x + f + N(0, Q)
struct AffineStep {
  torch::Tensor F, f, Q;
};

inline Moments advance(const Moments& x, const AffineStep& step) {
  return {mv(step.F, x.mean) + step.f, mm(mm(step.F, x.covariance), step.F.t()) + step.Q};
}

// x -> G x + g, the posterior denoiser of one level.
struct AffineMap {
  torch::Tensor G, g;
};

// D(x, sigma) of the prior.
inline AffineMap denoiser_of(const Moments& prior, double sigma) {
  const auto I = identity(prior.mean.size(0));
  const auto G = mm(prior.covariance, torch::inverse(prior.covariance + sigma * sigma * I));
  return {G, mv(I - G, prior.mean)};
}

// Read off an implementation, which posterior_denoisers_test holds to its formula: its values at 0
// and at the unit vectors.
inline AffineMap probe(const Denoiser& D, std::int64_t n, double sigma) {
  const auto g = D.denoise(torch::zeros({1, 1, 1, n}, torch::kFloat64), sigma).view({n});
  const auto columns = D.denoise(identity(n).view({n, 1, 1, n}), sigma).view({n, n});
  return {(columns - g).t(), g};
}

// x_s = D + kept (x_t - D) + sqrt(v) z
inline AffineStep reverse_step_of(const AffineMap& D, const SamplingOptions& options,
                                  double sigma_t, double sigma_s) {
  const double ratio = sigma_s / sigma_t;
  const double v = std::pow(options.eta * sigma_s, 2) * (1 - ratio * ratio);
  const double kept = std::sqrt(sigma_s * sigma_s - v) / sigma_t;
  const auto I = identity(D.g.size(0));
  return {(1 - kept) * D.G + kept * I, (1 - kept) * D.g, v * I};
}

inline Moments start_of(const GaussianProblem& problem, double sigma_T) {
  const auto measurement = problem.measurement();
  const auto n = problem.A.size(1);
  return {measurement.A->initial_estimate(measurement.y).view({n}),
          sigma_T * sigma_T * identity(n)};
}

using StepAt = std::function<AffineStep(double sigma_t, double sigma_s)>;

inline Moments recursion(const GaussianProblem& problem, const SamplingOptions& options,
                         const StepAt& step) {
  const auto sigmas = noise_levels(options, {});
  auto x = start_of(problem, sigmas[0]);
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i)
    x = advance(x, step(sigmas[i], sigmas[i + 1]));
  return x;
}

inline torch::Tensor rows_of(const Result& result) {
  const auto samples = torch::cat(result.samples);
  return samples.view({samples.size(0), -1});
}

inline torch::Tensor draw(const Method& method, const GaussianProblem& problem) {
  const auto prior = problem.denoiser();
  Rng rng(3);
  const auto result = method.run(problem.measurement(), prior, rng);
  BOOST_TEST(result.summary.usable());
  return rows_of(result);
}

inline double spread(const torch::Tensor& covariance) {
  return std::sqrt(covariance.diag().mean().item<double>());
}

// Bias in units of the true posterior: of the mean in standard deviations, of the spread relative.
inline void print_bias(const std::string& name, const Moments& moments,
                       const GaussianProblem& problem) {
  const auto truth = posterior(problem, problem.prior);
  const auto shift = (moments.mean - truth.mean) / truth.covariance.diag().sqrt();
  BOOST_TEST_MESSAGE(
      fmt::format("{:<8} mean off by {:.3f} standard deviations (rms), spread {:+.1f} %", name,
                  shift.square().mean().sqrt().item<double>(),
                  100 * (spread(moments.covariance) / spread(truth.covariance) - 1)));
}

inline void check_moments(const std::string& name, const torch::Tensor& samples,
                          const Moments& moments) {
  BOOST_TEST_CONTEXT(name) {
    BOOST_TEST(mean_error(samples, moments.mean, moments.covariance) < kStandardErrors);
    BOOST_TEST(covariance_error(samples, moments.covariance) < kStandardErrors);
  }
}

}  // namespace restore::testing
