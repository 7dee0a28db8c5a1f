// Every solver on problems with a known solution.
#include <boost/test/unit_test.hpp>

#include "librestore/solve/admm.h"
#include "librestore/solve/fista.h"
#include "librestore/solve/hqs.h"
#include "tests/support/comparison.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

using testing::Function;
using testing::Matrix;
using testing::relative_difference;
using testing::run;
using testing::WhiteNoise;

// prox of sigma^2 ||x||_1
const Function kSoftThreshold([](const torch::Tensor& x, double sigma) {
  return x.sign() * (x.abs() - sigma * sigma).clamp_min(0);
});

// E[x0 | x] for x0 ~ N(mean, diag(variance)): the prox of sigma^2 1/2 (x - mean)^T C^-1 (x - mean).
struct GaussianPrior {
  torch::Tensor mean, variance;
  Function denoiser() const {
    return Function([*this](const torch::Tensor& x, double sigma) {
      return mean + variance / (variance + sigma * sigma) * (x - mean);
    });
  }
};

constexpr std::int64_t kRows = 14, kColumns = 20;
constexpr double kSigmaY = 0.05;

torch::Tensor random_matrix() {
  Rng rng(21);
  return randn(rng, {1, kRows, kColumns}, 1, torch::kFloat64)[0][0] / std::sqrt(double{kRows});
}

// y of a sparse scene, and what is needed to restore it.
Measurement matrix_measurement(const torch::Tensor& matrix) {
  auto scene = torch::zeros({1, 1, 1, kColumns}, torch::kFloat64);
  for (const int at : {2, 7, 11}) scene.select(3, at).fill_(at == 7 ? -0.8 : 1.0);
  Measurement measurement{
      {}, std::make_shared<Matrix>(matrix), std::make_shared<WhiteNoise>(kSigmaY)};
  Rng rng(22);
  measurement.y = measurement.noise->sample(measurement.A->apply(scene), rng);
  return measurement;
}

// argmin 1/2 ||A x - y||^2 + weight ||x||_1 on the support of `x`, with the signs it has there.
torch::Tensor lasso_on_support(const torch::Tensor& A, const torch::Tensor& y, double weight,
                               const torch::Tensor& x) {
  const auto support = x.flatten().nonzero().flatten();
  const auto As = A.index_select(1, support);
  const auto signs = x.flatten().index_select(0, support).sign();
  const auto right = torch::mv(As.t(), y.flatten()) - weight * signs;
  return torch::zeros_like(x.flatten())
      .index_copy(0, support, torch::mv(torch::inverse(torch::mm(As.t(), As)), right))
      .view_as(x);
}

// The optimality conditions: |A^T (A x - y)| <= weight off the support, -weight sign(x) on it.
double lasso_violation(const torch::Tensor& A, const torch::Tensor& y, double weight,
                       const torch::Tensor& x) {
  const auto gradient = torch::mv(A.t(), torch::mv(A, x.flatten()) - y.flatten());
  const auto off = (gradient.abs() - weight).clamp_min(0);
  const auto on = (gradient + weight * x.flatten().sign()).abs();
  return torch::where(x.flatten() == 0, off, on).max().item<double>();
}

void check_lasso(const torch::Tensor& A, const Measurement& measurement, double weight,
                 const Result& result) {
  const auto& x = result.estimate;
  BOOST_TEST_MESSAGE(result.summary.message << ", " << x.count_nonzero().item<int>()
                                            << " nonzeros");
  BOOST_TEST((result.summary.termination == Termination::converged));
  BOOST_TEST(lasso_violation(A, measurement.y, weight, x) < 1e-8);
  BOOST_TEST(relative_difference(x, lasso_on_support(A, measurement.y, weight, x)) < 1e-8);
  // Not by way of a trivial solution.
  BOOST_TEST(x.count_nonzero().item<int>() >= 3);
  BOOST_TEST(x.count_nonzero().item<int>() <= 10);
}

BOOST_AUTO_TEST_CASE(fista_solves_the_lasso) {
  const auto A = random_matrix();
  const auto measurement = matrix_measurement(A);
  for (const bool momentum : {true, false}) {
    for (const bool restart : {true, false}) {
      BOOST_TEST_CONTEXT("momentum " << momentum << ", restart " << restart) {
        FistaOptions options;
        options.sigma = 0.15;
        options.momentum = momentum;
        options.restart = restart;
        options.tolerance = 1e-13;
        options.iterations = 100000;
        const double norm = measurement.linear("").norm();
        // weight sigma^2 / s, s = 1 / ||A||^2
        check_lasso(A, measurement, options.sigma * options.sigma * norm * norm,
                    run(Fista(options), measurement, kSoftThreshold));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(momentum_and_restart_pay) {
  const auto measurement = matrix_measurement(random_matrix());
  const auto iterations = [&](bool momentum, bool restart) {
    FistaOptions options;
    options.sigma = 0.15;
    options.momentum = momentum;
    options.restart = restart;
    options.tolerance = 1e-10;
    options.iterations = 100000;
    return run(Fista(options), measurement, kSoftThreshold).summary.iterations;
  };
  BOOST_TEST(iterations(true, true) < iterations(true, false));
  BOOST_TEST(iterations(true, true) < iterations(false, false) / 2);
}

BOOST_AUTO_TEST_CASE(admm_solves_the_lasso) {
  const auto A = random_matrix();
  const auto measurement = matrix_measurement(A);
  AdmmOptions options;
  options.sigma = 0.2;
  options.lambda = 12;
  options.tolerance = 1e-12;
  options.iterations = 100000;
  // weight lambda sigma_y^2, whatever sigma is
  check_lasso(A, measurement, options.lambda * kSigmaY * kSigmaY,
              run(Admm(options), measurement, kSoftThreshold));
}

struct GaussianProblem {
  torch::Tensor A = random_matrix();
  Measurement measurement = matrix_measurement(A);
  GaussianPrior prior{torch::linspace(-0.5, 0.5, kColumns, torch::kFloat64),
                      torch::linspace(0.02, 0.3, kColumns, torch::kFloat64)};

  // argmin 1/2 ||A x - y||^2 + weight/2 (x - m)^T C^-1 (x - m), C = diag(c)
  torch::Tensor map(double weight, const torch::Tensor& c) const {
    const auto left = torch::mm(A.t(), A) + torch::diag(weight / c);
    const auto right = torch::mv(A.t(), measurement.y.flatten()) + weight / c * prior.mean;
    return torch::mv(torch::inverse(left), right).view({1, 1, 1, kColumns});
  }
};

BOOST_AUTO_TEST_CASE(fista_and_admm_reach_the_gaussian_map) {
  const GaussianProblem problem;
  const auto map = problem.map(kSigmaY * kSigmaY, problem.prior.variance);
  FistaOptions fista;
  fista.tolerance = 1e-14;
  fista.iterations = 100000;
  // The default level sigma_y sqrt(s) makes the weight sigma_y^2.
  const auto by_fista = run(Fista(fista), problem.measurement, problem.prior.denoiser());
  BOOST_TEST((by_fista.summary.termination == Termination::converged));
  BOOST_TEST(relative_difference(by_fista.estimate, map) < 1e-9);
  for (const double sigma : {0.03, 0.1, 0.5}) {  // the pace, not the goal
    AdmmOptions admm;
    admm.sigma = sigma;
    admm.lambda = 1;
    admm.tolerance = 1e-13;
    admm.iterations = 100000;
    const auto by_admm = run(Admm(admm), problem.measurement, problem.prior.denoiser());
    BOOST_TEST((by_admm.summary.termination == Termination::converged));
    BOOST_TEST(relative_difference(by_admm.estimate, map) < 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(hqs_reaches_the_map_of_its_smoothed_prior) {
  // At a constant sigma the splitting's fixed point z minimises the data term plus rho times the
  // Moreau envelope of sigma^2 R: for a Gaussian the same energy with C + sigma^2 I for C.
  const GaussianProblem problem;
  const auto denoiser = problem.prior.denoiser();
  for (const double sigma : {0.3, 0.1}) {
    HqsOptions options;
    options.sigma_start = options.sigma_end = sigma;
    options.lambda = 1.7;
    options.iterations = 3000;
    const auto z =
        problem.map(options.lambda * kSigmaY * kSigmaY, problem.prior.variance + sigma * sigma);
    const auto result = run(Hqs(options), problem.measurement, denoiser);
    BOOST_TEST(relative_difference(result.estimate, denoiser.denoise(z, sigma)) < 1e-9);
  }
}

}  // namespace
}  // namespace restore
