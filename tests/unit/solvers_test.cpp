// Every solver on problems with a known solution, and what it says about its run.
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "librestore/solve/admm.h"
#include "librestore/solve/denoise.h"
#include "librestore/solve/fista.h"
#include "librestore/solve/hqs.h"
#include "librestore/solve/plug_and_play.h"
#include "librestore/solve/table.h"
#include "priors/classic/total_variation.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using testing::largest_difference;
using testing::relative_difference;

// A matrix as an operator, M x N on pictures of one row.
class Matrix : public LinearOperator {
 public:
  explicit Matrix(torch::Tensor matrix)
      : LinearOperator({1, 1, matrix.size(1)}, {1, 1, matrix.size(0)}), matrix_(matrix) {}

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override {
    return torch::matmul(x, matrix_.t());
  }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override {
    return torch::matmul(y, matrix_);
  }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override {
    const auto left = torch::mm(matrix_.t(), matrix_) + rho * torch::eye(v.size(3), v.options());
    return torch::linalg_solve(left, (do_adjoint(y) + rho * v).flatten()).view_as(v);
  }

 private:
  torch::Tensor matrix_;
};

// A = diag(mask), with every rho that was asked for on record.
class Mask : public LinearOperator {
 public:
  explicit Mask(torch::Tensor mask)
      : LinearOperator(shape_of(mask), shape_of(mask)), mask_(std::move(mask)) {}
  mutable std::vector<double> rhos;

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return mask_ * x; }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return mask_ * y; }
  torch::Tensor do_prox(const torch::Tensor& v, const torch::Tensor& y, double rho) const override {
    rhos.push_back(rho);
    return (mask_ * y + rho * v) / (mask_ + rho);
  }

 private:
  torch::Tensor mask_;
};

class Square : public Operator {
 public:
  explicit Square(Shape shape) : Operator(shape, shape) {}
  torch::Tensor initial_estimate(const torch::Tensor& y) const override { return y; }

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return x * x; }
  torch::Tensor do_vjp(const torch::Tensor& x, const torch::Tensor& v) const override {
    return 2 * x * v;
  }
};

class WhiteNoise : public NoiseModel {
 public:
  explicit WhiteNoise(double sigma) : sigma_(sigma) {}
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override {
    return z + sigma_ * randn_like(rng, z);
  }
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override {
    return ((y - z) / sigma_).square().sum({1, 2, 3}).to(torch::kFloat64) / 2;
  }
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override {
    return (z - y) / (sigma_ * sigma_);
  }
  torch::Tensor variance(const torch::Tensor& z) const override {
    return torch::full({1}, sigma_ * sigma_, z.options());
  }
  double sigma() const override { return sigma_; }
  std::string describe() const override { return fmt::format("{}", sigma_); }

 private:
  double sigma_;
};

// A denoiser given as a function.
class Function : public Denoiser {
 public:
  using Body = std::function<torch::Tensor(const torch::Tensor&, double)>;
  explicit Function(Body body, SigmaRange range = {}) : body_(std::move(body)), range_(range) {}
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override {
    return body_(x, sigma);
  }
  std::optional<int> receptive_field() const override { return 0; }
  SigmaRange sigma_range() const override { return range_; }
  std::string name() const override { return "function"; }

 private:
  Body body_;
  SigmaRange range_;
};

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

Measurement mask_measurement(const torch::Tensor& y, const torch::Tensor& mask, double sigma_y) {
  return {y, std::make_shared<Mask>(mask), std::make_shared<WhiteNoise>(sigma_y)};
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

Result run(const Method& method, const Measurement& measurement, const Denoiser& prior,
           Observer* observer = nullptr) {
  Rng rng(0);
  return method.run(measurement, prior, rng, observer);
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
  // At a constant sigma the splitting's fixed point z minimises the data term plus rho times the Moreau
  // envelope of sigma^2 R: for a Gaussian the same energy with C + sigma^2 I for C. x = D(z).
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

// Keeps what a method reports; stops it after `last` steps.
class Recorder : public Observer {
 public:
  explicit Recorder(int last = 1 << 30) : last_(last) {}
  bool step(const StepReport& report) override {
    sigmas.push_back(report.sigma);
    BOOST_TEST(report.iteration == static_cast<int>(sigmas.size()));
    BOOST_TEST((report.estimate && report.estimate->dim() == 4));
    return report.iteration < last_;
  }
  std::vector<double> sigmas;

 private:
  int last_;
};

const Function kIdentity([](const torch::Tensor& x, double) { return x; });

BOOST_AUTO_TEST_CASE(hqs_follows_the_schedule_of_dpir) {
  const auto mask = torch::ones({1, 6, 6});
  const auto y = torch::full({1, 1, 6, 6}, 0.5);
  const auto measurement = mask_measurement(y, mask, 0.01);
  Recorder recorder;
  const auto result = run(Hqs(), measurement, kIdentity, &recorder);
  const auto& rhos = dynamic_cast<const Mask&>(*measurement.A).rhos;
  BOOST_TEST(recorder.sigmas.size() == 8u);
  BOOST_TEST(rhos.size() == 8u);  // noisy data: no last data step
  for (int k = 0; k < 8; ++k) {
    const double sigma = 49.0 / 255 * std::pow(0.01 / (49.0 / 255), k / 7.0);
    BOOST_TEST(recorder.sigmas[k] == sigma, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(rhos[k] == 0.23 * 0.01 * 0.01 / (sigma * sigma),
               boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(result.summary.denoiser_calls == 8);
}

BOOST_AUTO_TEST_CASE(without_noise_the_data_are_met) {
  Rng rng(31);
  const auto mask = (rand(rng, {3, 24, 24})[0] > 0.5).to(torch::kFloat32);
  const auto y = mask * rand(rng, {3, 24, 24});
  const auto measurement = mask_measurement(y, mask, 0);
  const TotalVariation tv;
  for (const char* name : {"hqs", "admm"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto result = run(*find_solver(name).make({}), measurement, tv);
      BOOST_TEST(result.summary.usable());
      // The last data step leaves rho (D - y): below a hundredth of an 8-bit step.
      BOOST_TEST(largest_difference(mask * result.estimate, y) < 0.01 / 255);
    }
  }
}

BOOST_AUTO_TEST_CASE(admm_with_total_variation_fills_a_hole_as_its_surroundings) {
  // Two flat halves with a hole in one: no border is shorter than the one that is known.
  auto scene = torch::full({1, 3, 40, 40}, 0.2);
  scene.slice(3, 20, 40).fill_(0.7);
  auto mask = torch::ones({3, 40, 40});
  mask.slice(1, 10, 22).slice(2, 4, 14).zero_();
  const auto result =
      run(Admm({.iterations = 300, .tolerance = 1e-5}), mask_measurement(scene * mask, mask, 0),
          TotalVariation({.tolerance = 1e-6}));
  BOOST_TEST((result.summary.termination == Termination::converged));
  // The state moves by 1e-5 of the picture in the last step; some hundred such moves are left at most.
  BOOST_TEST(largest_difference(result.estimate, scene) < 1e-3);
}

// A grey picture with a hole.
Measurement hole_measurement(double sigma_y) {
  auto mask = torch::ones({1, 8, 8});
  mask.slice(1, 2, 5).zero_();
  return mask_measurement(mask.unsqueeze(0) * 0.5, mask, sigma_y);
}

BOOST_AUTO_TEST_CASE(an_expansive_denoiser_is_noticed) {
  const auto measurement = hole_measurement(0.05);
  const Function expansive([](const torch::Tensor& x, double) { return -3 * x; });
  const Function broken([](const torch::Tensor& x, double) { return x / 0 * 0; });
  for (const char* name : {"admm", "fista"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto result =
          run(*find_solver(name).make({{"iterations", "1000"}}), measurement, expansive);
      BOOST_TEST((result.summary.termination == Termination::diverged));
      BOOST_TEST(!result.summary.usable());
      BOOST_TEST(result.summary.iterations < 100);
    }
  }
  const auto whole = mask_measurement(torch::full({1, 1, 8, 8}, 0.5), torch::ones({1, 8, 8}), 0.05);
  for (const char* name : {"hqs", "admm", "fista", "denoise"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto summary = run(*find_solver(name).make({}), whole, broken).summary;
      BOOST_TEST((summary.termination == Termination::diverged));
      BOOST_TEST(summary.iterations == 1);
      BOOST_TEST(summary.message.find(name) != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_observer_stops_a_run_and_the_summary_counts) {
  const auto measurement = hole_measurement(0.05);
  const Function shrink([](const torch::Tensor& x, double) { return 0.9 * x; });
  for (const char* name : {"hqs", "admm", "fista"}) {
    BOOST_TEST_CONTEXT(name) {
      Recorder recorder(3);
      const auto method = find_solver(name).make({{"iterations", "7"}});
      const auto stopped = run(*method, measurement, shrink, &recorder);
      BOOST_TEST((stopped.summary.termination == Termination::stopped));
      BOOST_TEST(stopped.summary.iterations == 3);
      BOOST_TEST(stopped.summary.denoiser_calls == 3);
      BOOST_TEST(stopped.summary.fixed_point_residual > 0);
      BOOST_TEST(stopped.estimate.sizes() == measurement.y.sizes());
      const auto whole = run(*find_solver(name).make({{"iterations", "2"}}), measurement, shrink);
      BOOST_TEST((whole.summary.termination == Termination::max_iterations));
      BOOST_TEST(whole.summary.denoiser_calls == 2);
      BOOST_TEST(whole.summary.data_residual == residual_in_sigmas(measurement, whole.estimate),
                 boost::test_tools::tolerance(1e-12));
    }
  }
}

BOOST_AUTO_TEST_CASE(denoise_is_one_call_at_the_noise_level) {
  Rng rng(41);
  const auto y = rand(rng, {3, 30, 20});
  const TotalVariation tv;
  const auto result = run(Denoise(), mask_measurement(y, torch::ones({3, 30, 20}), 0.1), tv);
  BOOST_TEST(torch::equal(result.estimate, tv.denoise(y, 0.1)));
  BOOST_TEST(result.summary.denoiser_calls == 1);
  BOOST_TEST(result.summary.usable());
  const auto other =
      run(Denoise({.sigma = 0.2}), mask_measurement(y, torch::ones({3, 30, 20}), 0), tv);
  BOOST_TEST(torch::equal(other.estimate, tv.denoise(y, 0.2)));

  const auto is_usage = [](const Error& error) { return error.code() == ExitCode::usage; };
  auto hole = torch::ones({3, 30, 20});
  hole[0][3][4] = 0;
  BOOST_CHECK_EXCEPTION(run(Denoise(), mask_measurement(y, hole, 0.1), tv), Error, is_usage);
  BOOST_CHECK_EXCEPTION(run(Denoise(), mask_measurement(y, torch::ones({3, 30, 20}), 0), tv), Error,
                        is_usage);
}

BOOST_AUTO_TEST_CASE(levels_stay_in_the_range_of_the_prior) {
  double lowest = 1e9, highest = 0;
  const Function narrow(
      [&](const torch::Tensor& x, double sigma) {
        lowest = std::min(lowest, sigma);
        highest = std::max(highest, sigma);
        return x;
      },
      {0.02, 0.1});
  const auto measurement = hole_measurement(0.01);
  run(Hqs(), measurement, narrow);
  BOOST_TEST(lowest == 0.02);
  BOOST_TEST(highest == 0.1);
}

BOOST_AUTO_TEST_CASE(items_of_a_batch_never_meet) {
  Rng rng(51);
  const auto mask = (rand(rng, {3, 32, 28})[0] > 0.4).to(torch::kFloat32);
  auto y = mask * rand(rng, {3, 32, 28}, 2);
  y[1] *= 0.05;  // stops at another step than the first
  const TotalVariation tv;
  for (const char* name : {"hqs", "admm", "fista"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto method = find_solver(name).make({});
      const auto together = run(*method, mask_measurement(y, mask, 0.02), tv);
      int calls = 0;
      for (std::int64_t n = 0; n < 2; ++n) {
        const auto alone = run(*method, mask_measurement(y.slice(0, n, n + 1), mask, 0.02), tv);
        BOOST_TEST(torch::equal(together.estimate.slice(0, n, n + 1), alone.estimate));
        calls += alone.summary.denoiser_calls;
      }
      BOOST_TEST(together.summary.denoiser_calls == calls);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_table_makes_what_it_describes) {
  std::vector<std::string> names;
  for (const MethodRow& row : solver_table()) {
    names.push_back(row.name);
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(!row.summary.empty());
      BOOST_TEST(!row.citation.empty());
      BOOST_TEST(!row.parameters().empty());
      BOOST_TEST(row.make({}) != nullptr);
      BOOST_CHECK_THROW(row.make({{"no_such_parameter", "1"}}), Error);
      BOOST_CHECK_THROW(row.make({{"sigma", "-1"}, {"sigma_start", "-1"}}), Error);
      const Measurement nonlinear{torch::ones({1, 1, 4, 4}),
                                  std::make_shared<Square>(Shape{1, 4, 4}),
                                  std::make_shared<WhiteNoise>(0.1)};
      BOOST_CHECK_EXCEPTION(run(*row.make({}), nonlinear, kIdentity), Error,
                            [&](const Error& error) {
                              return std::string(error.what()).find(row.name) != std::string::npos;
                            });
    }
  }
  BOOST_TEST(names == (std::vector<std::string>{"hqs", "admm", "fista", "denoise"}),
             boost::test_tools::per_element());
  BOOST_CHECK_EXCEPTION(find_solver("nonsense"), Error, [](const Error& error) {
    return std::string(error.what()).find("fista") != std::string::npos;
  });
}

}  // namespace
}  // namespace restore
