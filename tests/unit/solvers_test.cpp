// Every solver on problems with a known solution.
#include <boost/test/unit_test.hpp>

#include "librestore/solve/admm.h"
#include "librestore/solve/anderson.h"
#include "librestore/solve/drs.h"
#include "librestore/solve/fista.h"
#include "librestore/solve/hqs.h"
#include "librestore/solve/pgm.h"
#include "librestore/solve/red.h"
#include "librestore/solve/red_admm.h"
#include "librestore/solve/red_fixed_point.h"
#include "librestore/solve/red_gradient.h"
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

BOOST_AUTO_TEST_CASE(proximal_gradients_solve_the_lasso) {
  const auto A = random_matrix();
  const auto measurement = matrix_measurement(A);
  const double norm = measurement.linear("").norm();
  constexpr double kSigma = 0.15;
  // weight sigma^2 / s, s = step / ||A||^2
  const auto check = [&](const Method& method, double step) {
    check_lasso(A, measurement, kSigma * kSigma * norm * norm / step,
                run(method, measurement, kSoftThreshold));
  };
  for (const bool restart : {true, false})
    check(Fista({.iterations = 100000, .sigma = kSigma, .restart = restart, .tolerance = 1e-13}),
          1);
  for (const double step : {1.0, 1.8})
    check(Pgm({.iterations = 100000, .sigma = kSigma, .step = step, .tolerance = 1e-13}), step);
}

BOOST_AUTO_TEST_CASE(momentum_and_restart_pay) {
  const auto measurement = matrix_measurement(random_matrix());
  const auto iterations = [&](const Method& method) {
    return run(method, measurement, kSoftThreshold).summary.iterations;
  };
  const auto fista = [&](bool restart) {
    return iterations(
        Fista({.iterations = 100000, .sigma = 0.15, .restart = restart, .tolerance = 1e-10}));
  };
  const int plain = iterations(Pgm({.iterations = 100000, .sigma = 0.15, .tolerance = 1e-10}));
  BOOST_TEST(fista(true) < fista(false));
  BOOST_TEST(fista(true) < plain / 2);
}

BOOST_AUTO_TEST_CASE(splittings_solve_the_lasso) {
  const auto A = random_matrix();
  const auto measurement = matrix_measurement(A);
  // weight lambda sigma_y^2, whatever sigma is
  const auto check = [&](const Method& method) {
    check_lasso(A, measurement, 12 * kSigmaY * kSigmaY, run(method, measurement, kSoftThreshold));
  };
  check(Admm({.iterations = 100000, .sigma = 0.2, .lambda = 12, .tolerance = 1e-12}));
  for (const double relaxation : {0.7, 1.0, 1.6})
    check(Drs({.iterations = 100000,
               .sigma = 0.2,
               .lambda = 12,
               .relaxation = relaxation,
               .tolerance = 1e-12}));
}

// z_{k+1} = z_k + relaxation (v_k - x_k): what it changes is the way, not its end.
BOOST_AUTO_TEST_CASE(douglas_rachford_goes_as_far_as_its_relaxation_says) {
  const auto measurement = matrix_measurement(random_matrix());
  const LinearOperator& A = measurement.linear("");
  constexpr double kSigma = 0.2, kLambda = 12, kRelaxation = 1.6;
  auto z = A.initial_estimate(measurement.y);
  torch::Tensor v;
  for (int k = 0; k < 4; ++k) {
    const auto x = A.prox(z, measurement.y, kLambda * std::pow(kSigmaY / kSigma, 2));
    v = kSoftThreshold.denoise(2 * x - z, kSigma);
    z = z + kRelaxation * (v - x);
  }
  const Drs drs({.iterations = 4, .sigma = kSigma, .lambda = kLambda, .relaxation = kRelaxation});
  BOOST_TEST(relative_difference(run(drs, measurement, kSoftThreshold).estimate, v) < 1e-12);
}

// The fixed point (x, rho u) is the same at all levels: a falling one does not lose it.
BOOST_AUTO_TEST_CASE(a_falling_level_keeps_the_multiplier_of_admm) {
  const auto A = random_matrix();
  const auto measurement = matrix_measurement(A);
  const double weight = 12 * kSigmaY * kSigmaY;
  const auto x = [&](int iterations) {
    const Admm admm({.iterations = iterations, .sigma = 0.2, .sigma_start = 0.8, .lambda = 12});
    return run(admm, measurement, kSoftThreshold).estimate;
  };
  BOOST_TEST(lasso_violation(A, measurement.y, weight, x(2000)) < 1e-8);
  // Far from it before the level has come down.
  BOOST_TEST(lasso_violation(A, measurement.y, weight, x(10)) > 1e-4);
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

// `method` converges to `goal` on the problem, to the rounding that its tolerance of 1e-13 or less
// leaves after a condition number of a few hundred.
void check_reaches(const Method& method, const GaussianProblem& problem,
                   const torch::Tensor& goal) {
  const auto result = run(method, problem.measurement, problem.prior.denoiser());
  BOOST_TEST_CONTEXT(result.summary.message) {
    BOOST_TEST((result.summary.termination == Termination::converged));
    BOOST_TEST(relative_difference(result.estimate, goal) < 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(proximal_methods_reach_the_gaussian_map) {
  const GaussianProblem problem;
  const auto map = problem.map(kSigmaY * kSigmaY, problem.prior.variance);
  // The default level sigma_y sqrt(s) makes the weight sigma_y^2.
  check_reaches(Fista({.iterations = 100000, .tolerance = 1e-14}), problem, map);
  check_reaches(Pgm({.iterations = 100000, .tolerance = 1e-14}), problem, map);
  for (const double sigma : {0.06, 0.3}) {  // the pace, not the goal
    check_reaches(Admm({.iterations = 100000, .sigma = sigma, .lambda = 1, .tolerance = 1e-13}),
                  problem, map);
    check_reaches(Drs({.iterations = 100000, .sigma = sigma, .lambda = 1, .tolerance = 1e-13}),
                  problem, map);
  }
}

BOOST_AUTO_TEST_CASE(red_reaches_the_map_of_the_blurred_prior) {
  const GaussianProblem problem;
  for (const double sigma : {0.3, 0.15}) {
    constexpr double kLambda = 1.7;
    const auto map =
        problem.map(kLambda * kSigmaY * kSigmaY, problem.prior.variance + sigma * sigma);
    check_reaches(
        Red({.iterations = 100000, .sigma = sigma, .lambda = kLambda, .tolerance = 1e-14}), problem,
        map);
    check_reaches(
        RedFixedPoint(
            {.iterations = 100000, .sigma = sigma, .lambda = kLambda, .tolerance = 1e-14}),
        problem, map);
    for (const double penalty : {0.5, 4.0})
      check_reaches(RedAdmm({.iterations = 100000,
                             .sigma = sigma,
                             .lambda = kLambda,
                             .penalty = penalty,
                             .tolerance = 1e-13}),
                    problem, map);
  }
}

BOOST_AUTO_TEST_CASE(anderson_acceleration_needs_no_more_steps_than_there_are_unknowns) {
  // A Gaussian prior makes every T affine: with all steps in memory the iteration is GMRES, exact
  // after as many steps as there are unknowns but for rounding, which old differences carry along:
  // half as many again are allowed for it, and 1e-5 where the plain iteration is still off by 1e-3
  // or more.
  const GaussianProblem problem;
  const auto denoiser = problem.prior.denoiser();
  const auto check = [&](const auto& make, const torch::Tensor& map) {
    const auto plain = run(make(100000, 1e-13), problem.measurement, denoiser).summary;
    const auto accelerated = [&](int iterations, double tolerance, int memory) {
      using Inner = std::decay_t<decltype(make(1, 0.0))>;
      return run(Anderson(std::make_unique<Inner>(make(iterations, tolerance)), {.memory = memory}),
                 problem.measurement, denoiser);
    };
    const auto short_memory = accelerated(100000, 1e-13, 4);
    BOOST_TEST_CONTEXT(short_memory.summary.message << ", plain " << plain.iterations) {
      BOOST_TEST((short_memory.summary.termination == Termination::converged));
      BOOST_TEST(relative_difference(short_memory.estimate, map) < 1e-9);
      BOOST_TEST(short_memory.summary.denoiser_calls == short_memory.summary.iterations);
      BOOST_TEST(short_memory.summary.iterations < plain.iterations / 2);
      const auto all = accelerated(kColumns * 3 / 2, 0, 40);
      BOOST_TEST(relative_difference(all.estimate, map) < 1e-5);
      const auto unaided = run(make(kColumns * 3 / 2, 0), problem.measurement, denoiser);
      BOOST_TEST(relative_difference(unaided.estimate, map) > 1e-3);
    }
  };
  check([](int n, double t) { return Pgm({.iterations = n, .tolerance = t}); },
        problem.map(kSigmaY * kSigmaY, problem.prior.variance));
  constexpr double kSigma = 0.15, kLambda = 1.7;
  const auto blurred =
      problem.map(kLambda * kSigmaY * kSigmaY, problem.prior.variance + kSigma * kSigma);
  check(
      [](int n, double t) {
        return Red({.iterations = n, .sigma = kSigma, .lambda = kLambda, .tolerance = t});
      },
      blurred);
  check(
      [](int n, double t) {
        return RedFixedPoint({.iterations = n, .sigma = kSigma, .lambda = kLambda, .tolerance = t});
      },
      blurred);
}

BOOST_AUTO_TEST_CASE(anderson_acceleration_with_a_memory_of_one_is_a_secant) {
  const GaussianProblem problem;
  const auto denoiser = problem.prior.denoiser();
  const Pgm pgm({.iterations = 6, .tolerance = 0});
  PriorStep D(denoiser);
  const auto T = pgm.map(problem.measurement, D).T;
  // x_{k+1} = x + f - g (dx + df),  g = <df, f> / <df, df>
  auto x = problem.measurement.A->initial_estimate(problem.measurement.y);
  torch::Tensor Tx, x_before, f_before;
  for (int k = 0; k < 6; ++k) {
    Tx = T(x, D);
    const auto f = Tx - x;
    auto next = Tx;
    if (k > 0) {
      const auto dx = x - x_before, df = f - f_before;
      next = Tx - (df * f).sum() / df.square().sum() * (dx + df);
    }
    x_before = x;
    f_before = f;
    x = next;
  }
  const auto found =
      run(Anderson(std::make_unique<Pgm>(pgm), {.memory = 1}), problem.measurement, denoiser);
  BOOST_TEST(relative_difference(found.estimate, Tx) < 1e-12);
}

BOOST_AUTO_TEST_CASE(anderson_acceleration_solves_the_lasso) {
  // T has kinks: the differences of some steps tell nothing of the next.
  const auto A = random_matrix();
  const auto measurement = matrix_measurement(A);
  const double norm = measurement.linear("").norm();
  constexpr double kSigma = 0.15;
  const Pgm pgm({.iterations = 100000, .sigma = kSigma, .tolerance = 1e-13});
  const auto result = run(Anderson(std::make_unique<Pgm>(pgm)), measurement, kSoftThreshold);
  check_lasso(A, measurement, kSigma * kSigma * norm * norm, result);
  BOOST_TEST(result.summary.iterations <
             run(pgm, measurement, kSoftThreshold).summary.iterations / 2);
}

// E(x) = 1/2 ||A x - y||^2 + rho/2 x^T (x - D(x)) has the gradient g where D is homogeneous and J
// symmetric (here D = W x, linear). With any other W the gradient of E differs: the condition is
// not decoration.
BOOST_AUTO_TEST_CASE(reds_gradient_is_that_of_its_energy_where_the_jacobian_is_symmetric) {
  const GaussianProblem problem;
  const LinearOperator& A = problem.measurement.linear("");
  Rng rng(23);
  const auto M = randn(rng, {1, kColumns, kColumns}, 1, torch::kFloat64)[0][0] / kColumns;
  const auto x = randn(rng, {1, 1, kColumns}, 1, torch::kFloat64);
  constexpr double kSigma = 0.1, kLambda = 2, kStep = 1e-5;
  const auto error = [&](const torch::Tensor& W) {
    const Function denoiser(
        [&](const torch::Tensor& v, double) { return torch::matmul(v, W.t()); });
    PriorStep D(denoiser);
    const RedGradient g(problem.measurement, kSigma, kLambda);
    const double rho = red_weight(problem.measurement, kSigma, kLambda);
    const auto energy = [&](const torch::Tensor& v) {
      const auto fit = (A.apply(v) - problem.measurement.y).square().sum();
      return (fit / 2 + rho / 2 * (v * (v - D(v, kSigma))).sum()).item<double>();
    };
    auto differences = torch::empty_like(x);
    for (std::int64_t i = 0; i < kColumns; ++i) {
      auto step = torch::zeros_like(x);
      step.select(3, i).fill_(kStep);
      differences.select(3, i).fill_((energy(x + step) - energy(x - step)) / (2 * kStep));
    }
    return relative_difference(g(x, D), differences);
  };
  // E is quadratic: central differences are exact but for rounding, 1e-16 E / kStep.
  BOOST_TEST(error(M + M.t()) < 1e-9);
  BOOST_TEST(error(M) > 1e-3);
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
