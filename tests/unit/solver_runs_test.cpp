// What solvers do besides solving: schedules, stops, divergence, batches, and their table.
#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/solve/admm.h"
#include "librestore/solve/denoise.h"
#include "librestore/solve/hqs.h"
#include "librestore/solve/plug_and_play.h"
#include "librestore/solve/table.h"
#include "priors/classic/total_variation.h"
#include "tests/support/comparison.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

using testing::Function;
using testing::largest_difference;
using testing::Mask;
using testing::mask_measurement;
using testing::run;
using testing::Square;
using testing::WhiteNoise;

// Keeps what a method reports; stops it after `last` steps.
class Recorder : public Observer {
 public:
  explicit Recorder(int last = 1 << 30) : last_(last) {}
  bool step(const StepReport& report) override {
    sigmas.push_back(report.sigma);
    BOOST_TEST(report.step > 0);
    BOOST_TEST(report.iteration == static_cast<int>(sigmas.size()));
    BOOST_TEST((report.estimate && report.estimate->dim() == 4));
    return report.iteration < last_;
  }
  std::vector<double> sigmas;

 private:
  int last_;
};

// All of them, with parameters for a short run.
const std::vector<std::pair<std::string, ParameterValues>> kSolvers{
    {"hqs", {}},
    {"admm", {}},
    {"fista", {}},
    {"pgm", {{"iterations", "50"}}},
    {"drs", {}},
    {"red", {{"iterations", "50"}}},
    {"red-fp", {{"iterations", "50"}}},
    {"red-admm", {{"iterations", "50"}}},
    {"anderson:pgm", {{"iterations", "50"}}},
    {"anderson:red", {{"iterations", "50"}}},
    {"anderson:red-fp", {{"iterations", "50"}, {"memory", "2"}}},
    {"ula", {{"iterations", "20"}}},
    {"skrock", {{"iterations", "10"}, {"stages", "3"}}},
    {"denoise", {}},
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
  for (const char* name : {"hqs", "admm", "drs"}) {
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
  // The state moves by 1e-5 of the picture in the last step; a hundred such moves are left at most.
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
  const Function expansive([](const torch::Tensor& x, double) { return -5 * x; });
  const Function broken([](const torch::Tensor& x, double) { return x / 0 * 0; });
  for (const char* name :
       {"admm", "fista", "pgm", "drs", "red", "red-fp", "red-admm", "ula", "skrock"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto result =
          run(*find_solver(name).make({{"iterations", "1000"}}), measurement, expansive);
      BOOST_TEST((result.summary.termination == Termination::diverged));
      BOOST_TEST(!result.summary.usable());
      BOOST_TEST(result.summary.iterations < 100);
    }
  }
  const auto whole = mask_measurement(torch::full({1, 1, 8, 8}, 0.5), torch::ones({1, 8, 8}), 0.05);
  for (const auto& [name, unused] : kSolvers) {
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
  for (const char* name : {"hqs", "admm", "fista", "pgm", "drs", "red", "red-fp", "red-admm", "ula",
                           "anderson:pgm", "anderson:red", "anderson:red-fp"}) {
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
  Recorder recorder;
  run(Hqs(), measurement, narrow, &recorder);
  BOOST_TEST(lowest == 0.02);
  BOOST_TEST(highest == 0.1);
  BOOST_TEST(recorder.sigmas.front() == 0.1);
  BOOST_TEST(recorder.sigmas.back() == 0.02);
}

// A level outside of the prior's range is the nearest in it, not in the call of D alone: what
// weighs D by its level, its steps and its report are those of a run that asks for the level that
// it gets.
BOOST_AUTO_TEST_CASE(weights_mean_the_level_that_the_prior_is_called_with) {
  const Function narrow([](const torch::Tensor& x, double sigma) { return x / (1 + sigma); },
                        {0.1, 0.1});
  const auto measurement = hole_measurement(0.05);
  const auto restored = [&](const std::string& name, ParameterValues parameters,
                            const std::string& sigma) {
    parameters["sigma"] = sigma;
    Recorder recorder;
    const auto result =
        run(*find_solver(name).make(parameters), measurement, narrow, &recorder).estimate;
    for (const double level : recorder.sigmas) BOOST_TEST(level == 0.1);
    return result;
  };
  for (const auto& [name, parameters] : kSolvers) {
    if (name == "hqs" || name == "denoise") continue;  // of a schedule (below), and of no weights
    BOOST_TEST_CONTEXT(name) {
      const auto exact = restored(name, parameters, "0.1");
      BOOST_TEST(torch::equal(restored(name, parameters, "0.02"), exact));
      BOOST_TEST(torch::equal(restored(name, parameters, "0.5"), exact));
    }
  }
  // A schedule whose ends lie outside is one level; without noise rho weighs the last data step
  // too.
  for (const double sigma_y : {0.05, 0.0}) {
    const auto by_hqs = [&](double start, double end) {
      return run(Hqs({.sigma_start = start, .sigma_end = end}), hole_measurement(sigma_y), narrow)
          .estimate;
    };
    BOOST_TEST(torch::equal(by_hqs(0.8, 0.02), by_hqs(0.1, 0.1)));
  }
  const auto exact = restored("admm", {}, "0.1");
  BOOST_TEST(torch::equal(restored("admm", {{"sigma_start", "0.8"}}, "0.02"), exact));
}

BOOST_AUTO_TEST_CASE(items_of_a_batch_never_meet) {
  Rng rng(51);
  const auto mask = (rand(rng, {3, 32, 28})[0] > 0.4).to(torch::kFloat32);
  auto y = mask * rand(rng, {3, 32, 28}, 2);
  y[1] *= 0.05;  // stops at another step than the first
  const TotalVariation tv;
  for (const auto& [name, parameters] : kSolvers) {
    if (name == std::string("denoise")) continue;  // of the identity alone
    BOOST_TEST_CONTEXT(name) {
      const auto method = find_solver(name).make(parameters);
      const auto together = run(*method, mask_measurement(y, mask, 0.02), tv);
      int calls = 0;
      for (std::int64_t n = 0; n < 2; ++n) {
        Rng rng_of_item(0, 0, static_cast<std::uint32_t>(n));
        const auto alone =
            method->run(mask_measurement(y.slice(0, n, n + 1), mask, 0.02), tv, rng_of_item);
        BOOST_TEST(torch::equal(together.estimate.slice(0, n, n + 1), alone.estimate));
        calls += alone.summary.denoiser_calls;
      }
      BOOST_TEST(together.summary.denoiser_calls == calls);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_batch_is_as_good_as_its_worst_item) {
  const auto item = [](Termination termination, int calls) {
    Summary summary;
    summary.termination = termination;
    summary.denoiser_calls = calls;
    return summary;
  };
  using enum Termination;
  const auto worst = [&](const std::vector<Termination>& ends) {
    std::vector<Summary> items;
    for (std::size_t i = 0; i < ends.size(); ++i)
      items.push_back(item(ends[i], static_cast<int>(i) + 1));
    const auto whole = worst_of(items);
    BOOST_TEST(whole.denoiser_calls == static_cast<int>(ends.size() * (ends.size() + 1) / 2));
    return whole.termination;
  };
  BOOST_TEST((worst({converged, diverged, stopped}) == diverged));
  BOOST_TEST((worst({stopped, max_iterations, converged}) == stopped));
  BOOST_TEST((worst({max_iterations, converged}) == max_iterations));
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
      const Measurement nonlinear{torch::full({1, 1, 4, 4}, 0.64),
                                  std::make_shared<Square>(Shape{1, 4, 4}),
                                  std::make_shared<WhiteNoise>(0.1)};
      if (row.needs == "any operator") {
        // x^2 = y from x = y: a prior that wants nothing leaves the data to be met, within the
        // spread of a chain's mean.
        BOOST_TEST(run(*row.make({}), nonlinear, kIdentity).summary.data_residual < 0.5);
        continue;
      }
      BOOST_CHECK_EXCEPTION(run(*row.make({}), nonlinear, kIdentity), Error,
                            [&](const Error& error) {
                              return std::string(error.what()).find(row.name) != std::string::npos;
                            });
    }
  }
  std::vector<std::string> expected;
  for (const auto& [name, unused] : kSolvers) expected.push_back(name);
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_CHECK_EXCEPTION(find_solver("nonsense"), Error, [](const Error& error) {
    return std::string(error.what()).find("fista") != std::string::npos;
  });
}

}  // namespace
}  // namespace restore
