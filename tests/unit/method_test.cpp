// The parts of librestore/model that every method shares: residual, step monitor, random fields.
#include "librestore/model/method.h"

#include <boost/test/unit_test.hpp>

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/linalg/inner_product.h"
#include "librestore/model/random.h"

namespace restore {
namespace {

// y = 2 x with a given standard deviation in each column.
class Doubling : public LinearOperator {
 public:
  explicit Doubling(Shape shape) : LinearOperator(shape, shape) {}

 protected:
  torch::Tensor do_apply(const torch::Tensor& x) const override { return 2 * x; }
  torch::Tensor do_adjoint(const torch::Tensor& y) const override { return 2 * y; }
};

class ColumnNoise : public NoiseModel {
 public:
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override {
    return z + variance(z).sqrt() * randn_like(rng, z);
  }
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override {
    return ((y - z).square() / (2 * variance(z))).sum({1, 2, 3}).to(torch::kFloat64);
  }
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override {
    return (z - y) / variance(z);
  }
  torch::Tensor variance(const torch::Tensor& z) const override {
    return torch::linspace(0.01, 0.04, z.size(3), z.options());
  }
  double sigma() const override { return 0.15; }
  std::string describe() const override { return "columns"; }
};

const Shape kShape{3, 64, 80};

Measurement make_measurement(const torch::Tensor& x, std::uint64_t seed) {
  Measurement measurement{{}, std::make_shared<Doubling>(kShape), std::make_shared<ColumnNoise>()};
  Rng rng(seed);
  measurement.y = measurement.noise->sample(measurement.A->apply(x), rng);
  return measurement;
}

BOOST_AUTO_TEST_CASE(the_truth_explains_its_measurement_to_one_sigma) {
  Rng rng(1);
  const auto x = rand(rng, kShape);
  const auto measurement = make_measurement(x, 2);
  // The mean of n squares of N(0,1) is 1 +- sqrt(2/n); its root 1 +- 1/sqrt(2n); five of those.
  const double five_errors = 5 / std::sqrt(2.0 * static_cast<double>(kShape.numel()));
  BOOST_TEST(std::abs(residual_in_sigmas(measurement, x) - 1) < five_errors);
  BOOST_TEST(residual_in_sigmas(measurement, x + 0.5) > 4);
  BOOST_TEST(residual_in_sigmas(measurement, measurement.y / 2) < 1e-5);
}

BOOST_AUTO_TEST_CASE(defaults_of_a_linear_operator_hold_for_a_scaling) {
  Rng rng(3);
  const Doubling A(kShape);
  const auto x = rand(rng, kShape, 1, torch::kFloat64), v = rand(rng, kShape, 1, torch::kFloat64);
  const auto y = A.apply(x);
  BOOST_TEST(std::abs(A.norm() - 2) < 1e-6);  // where the steps of the norm end
  BOOST_TEST(torch::allclose(A.pseudo_inverse(y), x, 1e-10, 1e-10));
  // argmin 1/2 |2u - y|^2 + rho/2 |u - v|^2 = (2 y + rho v) / (4 + rho)
  BOOST_TEST(torch::allclose(A.prox(v, y, 0.5), (2 * y + 0.5 * v) / 4.5, 1e-10, 1e-10));
  BOOST_CHECK_THROW(A.prox(v, y, 0), Error);
  BOOST_CHECK_THROW(A.apply(x.narrow(3, 0, 5)), Error);
}

class StopAt : public Observer {
 public:
  explicit StopAt(int iteration) : iteration_(iteration) {}
  bool step(const StepReport& report) override { return report.iteration < iteration_; }

 private:
  int iteration_;
};

BOOST_AUTO_TEST_CASE(the_monitor_says_why_it_ended) {
  Rng rng(4);
  const auto x = rand(rng, kShape);
  const auto measurement = make_measurement(x, 5);

  StepMonitor converged("m", 10, 1e-3, nullptr);
  BOOST_TEST(converged.proceed(x, x + 0.1, 0.1));
  BOOST_TEST(!converged.proceed(x, x * (1 + 1e-4), 0.1));
  auto summary = converged.finish(measurement, x, 2);
  BOOST_TEST((summary.termination == Termination::converged));
  BOOST_TEST(summary.iterations == 2);
  BOOST_TEST(std::abs(summary.fixed_point_residual - 1e-4) <
             1e-6);  // float32 rounding of x (1 + 1e-4)

  StepMonitor ran_out("m", 1, 0, nullptr);
  BOOST_TEST(!ran_out.proceed(x, x + 0.1, 0.1));
  BOOST_TEST((ran_out.finish(measurement, x, 1).termination == Termination::max_iterations));

  StepMonitor not_finite("m", 10, 0, nullptr);
  BOOST_TEST(!not_finite.proceed(x, x / 0 * 0, 0.1));
  summary = not_finite.finish(measurement, x, 1);
  BOOST_TEST(!summary.usable());

  StepMonitor growing("m", 10, 0, nullptr);
  BOOST_TEST(growing.proceed(x, x * (1 + 1e-5), 0.1));
  BOOST_TEST(!growing.proceed(x, -x, 0.1));  // a move of relative size 2 after one of 1e-5
  BOOST_TEST(!growing.finish(measurement, x, 1).usable());

  // Steady growth: every move is half of the estimate, which is a hundred times white in the end.
  StepMonitor expanding("m", 100, 0, nullptr);
  auto grown = x;
  int doublings = 0;
  bool go_on = true;
  while (go_on) {
    const auto previous = grown;
    grown = 2 * grown;
    ++doublings;
    go_on = expanding.proceed(previous, grown, 0.1);
  }
  BOOST_TEST(!expanding.finish(measurement, grown, 1).usable());
  BOOST_TEST(doublings == 8);  // rms sqrt(1/3) 2^n > 100 at n = 8

  StopAt observer(3);
  StepMonitor stopped("m", 10, 0, &observer);
  int count = 1;
  while (stopped.proceed(x, x + 0.1, 0.1)) ++count;
  BOOST_TEST(count == 3);
  BOOST_TEST((stopped.finish(measurement, x, 3).termination == Termination::stopped));
}

BOOST_AUTO_TEST_CASE(a_signal_ends_a_method_between_two_steps) {
  const auto x = torch::ones({1, 1, 4, 4});
  StepMonitor monitor("m", 10, 0, nullptr);
  set_interrupted(true);
  BOOST_CHECK_EXCEPTION(monitor.proceed(x, x, 0.1), Error,
                        [](const Error& error) { return error.code() == ExitCode::interrupted; });
  set_interrupted(false);
}

BOOST_AUTO_TEST_CASE(a_batch_of_fields_is_the_single_fields) {
  Rng together(7), first(7);
  const auto batch = randn(together, kShape, 3);
  for (std::uint32_t n = 0; n < 3; ++n) {
    Rng alone = first.for_sample(n);
    BOOST_TEST(torch::equal(randn(alone, kShape)[0], batch[n]));
  }
  Rng again(7);
  BOOST_TEST(torch::equal(randn_like(again, batch), batch));
  BOOST_TEST(again.step() == 1u);
  BOOST_TEST(!torch::equal(randn_like(again, batch), batch));
}

}  // namespace
}  // namespace restore
