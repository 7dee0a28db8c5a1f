// Each D(x, sigma | y) against its own formula in dense matrices, and against the true E[x0 | x, y]
// where the method says that it is exact.
#include "librestore/core/error.h"
#include "priors/posterior/ddnm.h"
#include "priors/posterior/diffpir.h"
#include "priors/posterior/lgd_mc.h"
#include "priors/posterior/mmps.h"
#include "priors/posterior/pigdm.h"
#include "priors/posterior/sda.h"
#include "priors/posterior/tmpd.h"
#include "tests/posterior/gaussian_problem.h"
#include "tests/support/comparison.h"

namespace restore {
namespace {

using testing::GaussianProblem;
using testing::identity;
using testing::make_gaussian_problem;
using testing::relative_difference;
using torch::mm;
using torch::mv;

constexpr double kSigmas[] = {0.02, 0.3, 5};

// Three states of noise level sigma, K x 1 x 1 x N.
torch::Tensor states(const GaussianProblem& problem, double sigma) {
  Rng rng(7);
  return problem.prior.mean + sigma * randn(rng, {1, 1, problem.A.size(1)}, 3, torch::kFloat64);
}

// E[x0 | x, y]: the prior seen through [A; I] with the noises sigma_y and sigma.
torch::Tensor true_mean(const GaussianProblem& problem, const torch::Tensor& x, double sigma) {
  const auto posterior = testing::posterior(problem, problem.prior);
  const auto I = identity(problem.A.size(1));
  std::vector<torch::Tensor> rows;
  for (const auto& row : x.view({x.size(0), -1}).unbind())
    rows.push_back(testing::condition(posterior, I, sigma * sigma * I, row).mean);
  return torch::stack(rows).view_as(x);
}

// The dense formula of a method: D of one state, and the Jacobian G of the prior's denoiser.
using Formula =
    std::function<torch::Tensor(const torch::Tensor& D, const torch::Tensor& G, double sigma)>;

// `rng`: for those that draw.
template <typename Conditioned, typename... Draws>
void check_formula(const GaussianProblem& problem, const typename Conditioned::Options& options,
                   const Formula& formula, const Draws&... rng) {
  const auto prior = problem.denoiser();
  const Conditioned conditioned(problem.measurement(), prior, options, rng...);
  for (const double sigma : kSigmas) {
    const auto x = states(problem, sigma);
    const auto G =
        mm(problem.prior.covariance,
           torch::inverse(problem.prior.covariance + sigma * sigma * identity(problem.A.size(1))));
    std::vector<torch::Tensor> rows;
    for (const auto& row : x.view({x.size(0), -1}).unbind())
      rows.push_back(formula(problem.prior.mean + mv(G, row - problem.prior.mean), G, sigma));
    // Solves and inverses of well-conditioned 5 x 5 systems: a thousand roundings.
    BOOST_TEST(
        relative_difference(conditioned.denoise(x, sigma), torch::stack(rows).view_as(x)) < 1e-9,
        "sigma " << sigma);
  }
}

template <typename Conditioned>
void check_exact(const GaussianProblem& problem, const typename Conditioned::Options& options) {
  const auto prior = problem.denoiser();
  const Conditioned conditioned(problem.measurement(), prior, options);
  for (const double sigma : kSigmas) {
    const auto x = states(problem, sigma);
    BOOST_TEST(
        relative_difference(conditioned.denoise(x, sigma), true_mean(problem, x, sigma)) < 1e-8,
        "sigma " << sigma);
  }
}

BOOST_AUTO_TEST_CASE(mmps_is_exact_for_every_gaussian) {
  // Three measurements: CG ends after three steps, but for rounding; one more to polish.
  MmpsOptions options;
  options.cg = 4;
  check_exact<Mmps>(make_gaussian_problem(), options);
}

BOOST_AUTO_TEST_CASE(pigdm_is_exact_for_a_white_gaussian) {
  auto problem = make_gaussian_problem();
  PigdmOptions options;
  options.s = 0.3;
  problem.prior.covariance = options.s * options.s * identity(5);
  check_exact<Pigdm>(problem, options);
}

BOOST_AUTO_TEST_CASE(tmpd_is_exact_for_independent_pixels) {
  auto problem = make_gaussian_problem();
  problem.A = identity(5).narrow(0, 1, 3);
  problem.prior.covariance = torch::diag(torch::linspace(0.02, 0.1, 5, torch::kFloat64));
  check_exact<Tmpd>(problem, {});
}

BOOST_AUTO_TEST_CASE(pigdm_formula) {
  const auto problem = make_gaussian_problem();
  const auto& A = problem.A;
  PigdmOptions options;
  options.s = 0.4;
  check_formula<Pigdm>(problem, options, [&](const auto& D, const auto& G, double sigma) {
    const double r2 = sigma * sigma * 0.16 / (0.16 + sigma * sigma);
    const auto S = r2 * mm(A, A.t()) + 0.01 * identity(3);
    return D + sigma * sigma * mv(G.t(), mv(A.t(), mv(torch::inverse(S), problem.y - mv(A, D))));
  });
}

BOOST_AUTO_TEST_CASE(tmpd_formula) {
  const auto problem = make_gaussian_problem();
  // Row sums of A C A^T are positive only where A is: take its entries so.
  auto positive = problem;
  positive.A = problem.A.abs();
  positive.prior.covariance = problem.prior.covariance.abs() + 0.1 * identity(5);
  const auto& A = positive.A;
  check_formula<Tmpd>(positive, {}, [&](const auto& D, const auto& G, double sigma) {
    const auto C = sigma * sigma * G;
    const auto variance = mm(mm(A, C), A.t()).sum(1).clamp_min(0) + 0.01;
    return D + mv(C.t(), mv(A.t(), (positive.y - mv(A, D)) / variance));
  });
}

BOOST_AUTO_TEST_CASE(sda_formula) {
  const auto problem = make_gaussian_problem();
  const auto& A = problem.A;
  SdaOptions options;
  options.gamma = 0.2;
  check_formula<Sda>(problem, options, [&](const auto& D, const auto& G, double sigma) {
    const double variance = 0.01 + 0.2 * sigma * sigma;
    return D + sigma * sigma / variance * mv(G.t(), mv(A.t(), problem.y - mv(A, D)));
  });
}

// Draws that coincide with the estimate make it the gradient of log p(y | D): sda's with gamma = 0.
BOOST_AUTO_TEST_CASE(lgd_mc_formula_of_narrow_draws) {
  const auto problem = make_gaussian_problem();
  const auto& A = problem.A;
  LgdMcOptions options;
  options.s = 1e-13;
  check_formula<LgdMc>(
      problem, options,
      [&](const auto& D, const auto& G, double sigma) {
        return D + sigma * sigma / 0.01 * mv(G.t(), mv(A.t(), problem.y - mv(A, D)));
      },
      Rng(1));
}

// What is drawn belongs to seed, item, sample, place and noise level, and to nothing else.
BOOST_AUTO_TEST_CASE(lgd_mc_draws_from_the_stream_of_its_run) {
  const auto problem = make_gaussian_problem();
  const auto prior = problem.denoiser();
  const auto x = states(problem, 0.3);
  const auto at = [&](const Rng& rng, const torch::Tensor& states) {
    return LgdMc(problem.measurement(), prior, {}, rng).denoise(states, 0.3);
  };
  const auto together = at(Rng(1), x);
  BOOST_TEST(torch::equal(together, at(Rng(1), x)));
  // 5 x 5 products are the same in any batch.
  BOOST_TEST(relative_difference(at(Rng(1).for_sample(2), x.narrow(0, 2, 1)),
                                 together.narrow(0, 2, 1)) < 1e-12);
  for (const auto& other : {Rng(2), Rng(1, 1), Rng(1, 0, 1), Rng(1).at(0, 3)})
    BOOST_TEST(!torch::allclose(together, at(other, x)));

  // A part of a picture that begins at column 2 sees what the whole sees there. With one draw, that
  // is: the weights of several depend on all of the data.
  const auto part = [&](std::int64_t begin, std::int64_t count) {
    const auto y =
        torch::linspace(0, 1, 6, torch::kFloat64).view({1, 1, 1, 6}).narrow(3, begin, count);
    const auto mask = torch::ones({1, 1, count}, torch::kFloat64);
    const Gaussian pixels(torch::full({1, 1, count}, 0.5), isotropic_covariance(count, 0.06));
    LgdMcOptions options;
    options.draws = 1;
    return LgdMc(testing::mask_measurement(y, mask, 0.1), pixels, options, Rng(1).at(0, begin))
        .denoise(0 * y, 0.3);
  };
  BOOST_TEST(torch::equal(part(0, 6).narrow(3, 2, 3), part(2, 3)));
}

// Many draws from p(x0 | x_t) itself give its likelihood: for a white prior of variance s^2 that is
// exact. The weighted mean over n draws errs by about 1 / sqrt(n ess): 10 % for a thousand, held to
// 20 %.
BOOST_AUTO_TEST_CASE(lgd_mc_tends_to_the_posterior_mean) {
  auto problem = make_gaussian_problem();
  problem.sigma_y = 0.3;
  problem.prior.covariance = 0.09 * identity(5);
  LgdMcOptions options;
  options.s = 0.3;
  options.draws = 20000;
  const auto prior = problem.denoiser();
  const LgdMc conditioned(problem.measurement(), prior, options, Rng(1));
  const auto x = states(problem, 0.5);
  const auto guidance = conditioned.denoise(x, 0.5) - prior.denoise(x, 0.5);
  BOOST_TEST(relative_difference(guidance, true_mean(problem, x, 0.5) - prior.denoise(x, 0.5)) <
             0.2);
}

// The same of one pixel, where 20,000 draws find y often: 1 % of error, held to 4 %.
BOOST_AUTO_TEST_CASE(lgd_mc_weighs_its_draws_by_their_likelihood) {
  GaussianProblem pixel;
  pixel.A = identity(1);
  pixel.sigma_y = 0.2;
  pixel.prior = {torch::full({1}, 0.5, torch::kFloat64), 0.09 * identity(1)};
  pixel.y = torch::full({1}, 0.9, torch::kFloat64);
  LgdMcOptions options;
  options.s = 0.3;
  options.draws = 20000;
  const auto prior = pixel.denoiser();
  const LgdMc conditioned(pixel.measurement(), prior, options, Rng(2));
  const auto x = torch::full({1, 1, 1, 1}, 0.4, torch::kFloat64);
  const auto guidance = conditioned.denoise(x, 0.5) - prior.denoise(x, 0.5);
  BOOST_TEST(relative_difference(guidance, true_mean(pixel, x, 0.5) - prior.denoise(x, 0.5)) <
             0.04);
}

BOOST_AUTO_TEST_CASE(diffpir_formula) {
  const auto problem = make_gaussian_problem();
  const auto& A = problem.A;
  DiffpirOptions options;
  options.lambda = 3;
  check_formula<Diffpir>(problem, options, [&](const auto& D, const auto&, double sigma) {
    const double rho = 3 * 0.01 / (sigma * sigma);
    return mv(torch::inverse(mm(A.t(), A) + rho * identity(5)), mv(A.t(), problem.y) + rho * D);
  });
}

BOOST_AUTO_TEST_CASE(ddnm_formula) {
  const auto problem = make_gaussian_problem();
  const auto& A = problem.A;
  check_formula<Ddnm>(problem, {}, [&](const auto& D, const auto&, double) {
    return D - mv(torch::linalg_pinv(A), mv(A, D) - problem.y);
  });
}

// The guidance is the gradient of log p(y | x), here of sda's likelihood: central differences in
// float64, through an operator that is not linear.
BOOST_AUTO_TEST_CASE(guidance_is_the_gradient_of_the_likelihood) {
  const auto problem = make_gaussian_problem();
  const auto prior = problem.denoiser();
  const Shape shape{1, 1, 5};
  const Measurement squares{0.3 * torch::ones({1, 1, 1, 5}, torch::kFloat64),
                            std::make_shared<testing::Square>(shape),
                            std::make_shared<testing::WhiteNoise>(0.1)};
  const double sigma = 0.3;
  SdaOptions options;
  const Sda conditioned(squares, prior, options);
  const auto x = states(problem, sigma).narrow(0, 0, 1);
  const auto log_likelihood = [&](const torch::Tensor& at) {
    const auto D = prior.denoise(at, sigma);
    const double variance = 0.01 + options.gamma * sigma * sigma;
    return -(squares.y - D * D).square().sum().item<double>() / (2 * variance);
  };
  const auto guidance = (conditioned.denoise(x, sigma) - prior.denoise(x, sigma)) / (sigma * sigma);
  constexpr double h = 1e-5;  // error h^2 of the third derivative, and 1e-16 / h of rounding
  for (std::int64_t i = 0; i < 5; ++i) {
    auto step = torch::zeros_like(x);
    step[0][0][0][i] = h;
    const double difference = (log_likelihood(x + step) - log_likelihood(x - step)) / (2 * h);
    BOOST_TEST(std::abs(guidance[0][0][0][i].item<double>() - difference) <
               1e-6 * (1 + std::abs(difference)));
  }
}

BOOST_AUTO_TEST_CASE(rungs_are_asked_for_in_one_line) {
  const auto problem = make_gaussian_problem();
  const auto names_method = [](const std::string& name) {
    return [name](const Error& error) {
      const std::string message = error.what();
      return error.code() == ExitCode::usage && message.starts_with(name) &&
             message.find('\n') == std::string::npos;
    };
  };
  const testing::Function plain([](const torch::Tensor& x, double) { return x; });
  const auto gaussian = problem.denoiser();
  const auto linear = problem.measurement();
  BOOST_CHECK_EXCEPTION(Pigdm(linear, plain, {}), Error, names_method("pigdm"));
  BOOST_CHECK_EXCEPTION(Mmps(linear, plain, {}), Error, names_method("mmps"));
  BOOST_CHECK_NO_THROW(Diffpir(linear, plain, {}));
  const Measurement squares{linear.y, std::make_shared<testing::Square>(Shape{1, 1, 3}),
                            linear.noise};
  BOOST_CHECK_EXCEPTION(Ddnm(squares, plain, {}), Error, names_method("ddnm"));
  BOOST_CHECK_NO_THROW(Diffpir(squares, plain, {}));
  BOOST_CHECK_NO_THROW(Sda(squares, gaussian, {}));
}

}  // namespace
}  // namespace restore
