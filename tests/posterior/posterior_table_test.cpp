// What holds for every row of the table: as many samples as asked for, none of them aware of the
// others, of the rest of the batch or of the number of threads, bit for bit; errors in one line.
#include <algorithm>
#include <limits>
#include <set>
#include <type_traits>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/model/threads.h"
#include "operators/sampling/mask.h"
#include "operators/sampling/mask_patterns.h"
#include "priors/exact/gaussian.h"
#include "priors/posterior/ddnm_plus.h"
#include "priors/posterior/mcgdiff.h"
#include "priors/posterior/sampling.h"
#include "priors/posterior/table.h"
#include "priors/posterior/tds.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

const Shape kShape{1, 6, 8};

// Pixels one by one, so that no product of matrices depends on the size of a batch.
struct Problem {
  Gaussian prior;
  Measurement measurement;

  explicit Problem(std::int64_t items = 1, const Shape& shape = kShape, double sigma_y = 0.05)
      : prior(torch::full({1, shape.height, shape.width}, 0.4, torch::kFloat64),
              isotropic_covariance(shape.numel(), 0.06)) {
    Rng rng(1);
    measurement.A = std::make_shared<Mask>(shape, random_missing(shape, 0.4, 1));
    measurement.noise = std::make_shared<testing::WhiteNoise>(sigma_y);
    const auto x0 = 0.4 + 0.25 * randn(rng, shape, items);
    measurement.y = measurement.noise->sample(measurement.A->apply(x0), rng);
  }
};

std::unique_ptr<Method> make(const PosteriorRow& row, int samples) {
  return row.make({{"steps", "4"}, {"samples", std::to_string(samples)}});
}

Result sample(const PosteriorRow& row, const Problem& problem, int samples) {
  Rng rng(5, 1);
  return make(row, samples)->run(problem.measurement, problem.prior, rng);
}

BOOST_AUTO_TEST_CASE(a_sample_does_not_know_how_many_there_are) {
  const Problem problem;
  for (const auto& row : posterior_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto two = sample(row, problem, 2), five = sample(row, problem, 5);
      BOOST_TEST(two.summary.usable());
      BOOST_TEST(two.summary.denoiser_calls > 0);
      BOOST_TEST_REQUIRE(two.samples.size() == 2U);
      for (std::size_t k = 0; k < 2; ++k) BOOST_TEST(torch::equal(two.samples[k], five.samples[k]));
      // In a cloud of few particles one may weigh as much as all others.
      if (row.name != "tds") BOOST_TEST(!torch::equal(five.samples[0], five.samples[3]));
      BOOST_TEST(torch::allclose(two.estimate, (two.samples[0] + two.samples[1]) / 2));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_item_does_not_know_its_batch) {
  const Problem both(2);
  for (const auto& row : posterior_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto together = sample(row, both, 2);
      Problem alone(2);
      alone.measurement.y = both.measurement.y.narrow(0, 1, 1);
      BOOST_TEST(torch::equal(together.estimate.narrow(0, 1, 1), sample(row, alone, 2).estimate));
    }
  }
}

// Of a picture so large that libtorch and inner products share it among threads: both from 2^15
// values on. In float32, as pictures are: there sums in another order differ.
BOOST_AUTO_TEST_CASE(threads_change_nothing) {
  Problem problem(1, {1, 300, 310});
  problem.measurement.y = problem.measurement.y.to(torch::kFloat32);
  // Few calls; several, where several add up.
  const std::pair<const char*, const char*> short_run[] = {
      {"particles", "3"}, {"iterations", "2"},      {"draws", "2"},
      {"ode_steps", "2"}, {"diffusion_steps", "2"}, {"resamplings", "2"}};
  const auto run = [&](const PosteriorRow& row, int threads) {
    ParameterValues values{{"steps", "3"}};
    for (const auto& [name, value] : short_run)
      for (const auto& line : row.parameters())
        if (line.starts_with(std::string(name) + " ")) values[name] = value;
    Result result;
    with_threads(threads, [&] {
      set_torch_threads(threads);
      Rng rng(5, 1);
      result = row.make(values)->run(problem.measurement, problem.prior, rng);
      set_torch_threads(1);
    });
    return result;
  };
  for (const auto& row : posterior_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto one = run(row, 1);
      BOOST_TEST(one.summary.usable());
      // Sums of halves are those of the whole more often than sums of thirds.
      for (const int threads : {2, 3}) {
        const auto many = run(row, threads);
        BOOST_TEST(torch::equal(one.estimate, many.estimate));
        BOOST_TEST(one.summary.message == many.summary.message);
      }
    }
  }
}

// Notes what a method asks of its prior.
class Watched : public MmseDenoiser {
 public:
  explicit Watched(const Gaussian& inner, SigmaRange range = {}) : inner_(inner), range_(range) {}
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override {
    note(x, sigma);
    return inner_.denoise(x, sigma);
  }
  Linearization linearize(const torch::Tensor& x, double sigma) const override {
    note(x, sigma);
    ++pullbacks;
    return inner_.linearize(x, sigma);
  }
  std::optional<int> receptive_field() const override { return inner_.receptive_field(); }
  SigmaRange sigma_range() const override { return range_; }
  std::string name() const override { return inner_.name(); }

  mutable int pullbacks = 0;
  mutable std::int64_t states = 0, largest_batch = 0;
  mutable double lowest = std::numeric_limits<double>::infinity(), highest = 0;

 private:
  void note(const torch::Tensor& x, double sigma) const {
    states += x.size(0);
    largest_batch = std::max(largest_batch, x.size(0));
    lowest = std::min(lowest, sigma);
    highest = std::max(highest, sigma);
  }

  const Gaussian& inner_;
  SigmaRange range_;
};

BOOST_AUTO_TEST_CASE(a_method_uses_its_prior_as_it_says) {
  const Problem problem;
  for (const auto& row : posterior_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      const Watched prior(problem.prior);
      const auto method = make(row, 1);
      Rng rng(5, 1);
      method->run(problem.measurement, prior, rng);
      BOOST_TEST((prior.pullbacks > 0) == method->prior_use().pullbacks);
      BOOST_TEST(prior.largest_batch == method->prior_use().states);
    }
  }
}

// Data finer than the prior's lowest level, a first level above its highest.
BOOST_AUTO_TEST_CASE(a_method_stays_within_the_range_of_its_prior) {
  const Problem problem(1, kShape, 0.01);
  const SigmaRange range{0.1, 3};
  for (const auto& row : posterior_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      const Watched prior(problem.prior, range);
      Rng rng(5, 1);
      make(row, 1)->run(problem.measurement, prior, rng);
      BOOST_TEST(prior.lowest >= range.minimum);
      BOOST_TEST(prior.highest <= range.maximum);
    }
  }
}

// Without fresh noise these would leave the data aside or collapse: neither --param nor a caller
// may ask for it.
BOOST_AUTO_TEST_CASE(eta_is_0_only_where_data_do_without_fresh_noise) {
  const Problem problem;
  const std::set<std::string> need{"ddnm+", "mcgdiff", "tds"};
  for (const auto& row : posterior_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto lines = row.parameters();
      const bool offered = std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.starts_with("eta ") && line.ends_with("0 for none");
      });
      BOOST_TEST(offered == !need.contains(row.name));
      if (offered) {
        Rng rng(5);
        BOOST_TEST(row.make({{"eta", "0"}, {"steps", "4"}})
                       ->run(problem.measurement, problem.prior, rng)
                       .summary.usable());
      } else {
        BOOST_CHECK_THROW(row.make({{"eta", "0"}}), Error);
      }
    }
  }
  const auto refuses = [&]<typename Sampler>(std::type_identity<Sampler>) {
    typename Sampler::Options options;
    options.eta = 0;
    Rng rng(5);
    BOOST_CHECK_EXCEPTION(Sampler(options).run(problem.measurement, problem.prior, rng), Error,
                          [](const Error& error) { return error.code() == ExitCode::usage; });
  };
  refuses(std::type_identity<DdnmPlus>());
  refuses(std::type_identity<Mcgdiff>());
  refuses(std::type_identity<Tds>());
}

BOOST_AUTO_TEST_CASE(levels_end_where_the_priors_range_does) {
  const auto close = [](double a, double b) { return std::abs(a / b - 1) < 1e-12; };
  const auto levels = noise_levels({}, {0.05, 3});
  BOOST_TEST(close(levels.front(), 3));
  BOOST_TEST(close(levels[levels.size() - 2], 0.05));
  BOOST_TEST(levels.back() == 0);
  const SamplingOptions own;
  const auto inside = noise_levels(own, {own.sigma_min / 2, own.sigma_max * 2});
  BOOST_TEST(close(inside.front(), own.sigma_max));
  BOOST_TEST(close(inside[inside.size() - 2], own.sigma_min));
}

class StopAfterTwo : public Observer {
 public:
  bool step(const StepReport& report) override {
    last = report;
    return report.iteration < 2;
  }
  StepReport last;
};

// A call for every state that went through the denoiser: of runs to the end, of runs that are
// stopped, and where the data are so noisy that what fits the state to them has nothing to do.
BOOST_AUTO_TEST_CASE(a_method_counts_its_calls) {
  for (const double sigma_y : {0.05, 2.0}) {
    const Problem problem(2, kShape, sigma_y);
    for (const auto& row : posterior_table()) {
      StopAfterTwo stop;
      for (Observer* observer : {static_cast<Observer*>(nullptr), static_cast<Observer*>(&stop)}) {
        BOOST_TEST_CONTEXT(row.name << ", sigma_y " << sigma_y << (observer ? ", stopped" : "")) {
          const Watched prior(problem.prior);
          Rng rng(5, 1);
          const auto result = make(row, 3)->run(problem.measurement, prior, rng, observer);
          BOOST_TEST(result.summary.denoiser_calls == prior.states);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_observer_can_stop_a_run) {
  const Problem problem;
  for (const auto& row : posterior_table()) {
    Rng rng(5);
    StopAfterTwo observer;
    const auto result = make(row, 1)->run(problem.measurement, problem.prior, rng, &observer);
    BOOST_TEST((result.summary.termination == Termination::stopped), row.name);
    BOOST_TEST(observer.last.iteration == 2);
    BOOST_TEST(observer.last.iterations >= 4);
  }
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_said_in_one_line) {
  const Problem problem;
  const testing::Function plain([](const torch::Tensor& x, double) { return x; });
  for (const auto& row : posterior_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      const auto is_usage_error = [&](const Error& error) {
        const std::string message = error.what();
        return error.code() == ExitCode::usage && message.starts_with(row.name + " ") &&
               message.find('\n') == std::string::npos;
      };
      Rng rng(0);
      if (row.needs.find("MMSE") != std::string::npos)
        BOOST_CHECK_EXCEPTION(make(row, 1)->run(problem.measurement, plain, rng), Error,
                              is_usage_error);
      if (row.needs.find("any operator") == std::string::npos) {
        const Measurement squares{problem.measurement.y, std::make_shared<testing::Square>(kShape),
                                  problem.measurement.noise};
        BOOST_CHECK_EXCEPTION(make(row, 1)->run(squares, problem.prior, rng), Error,
                              is_usage_error);
      }
      BOOST_CHECK_THROW(row.make({{"no_such", "1"}}), Error);
    }
  }
  BOOST_CHECK_THROW(find_posterior_method("no_such"), Error);
}

}  // namespace
}  // namespace restore
