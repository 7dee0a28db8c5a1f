// Simulation-based calibration: x0 from the prior, y of it, samples given y. Where they are the
// posterior's, the rank of x0 among them is uniform, and credible intervals cover as often as they
// say. Talts, Betancourt, Simpson, Vehtari, Gelman 2018, https://arxiv.org/abs/1804.06788
#include "librestore/model/random.h"
#include "priors/exact/gaussian_mixture.h"
#include "priors/posterior/table.h"
#include "tests/posterior/statistics.h"
#include "tests/posterior/svd_operator.h"
#include "tests/support/small_problems.h"

namespace restore {
namespace {

constexpr int kProblems = 120;
constexpr int kSamples = 19;  // ranks 0 to 19, five cells of four

// Of x0 = (x0_1, x0_2), y measures a mixture of both.
struct Model {
  GaussianMixture prior;
  std::shared_ptr<const Operator> A = std::make_shared<testing::SvdOperator>(
      torch::tensor({0.8, 0.5}, torch::kFloat64).view({1, 2}));
  std::shared_ptr<const NoiseModel> noise = std::make_shared<testing::WhiteNoise>(0.15);
};

Model one_gaussian() {
  return {GaussianMixture(torch::ones({1}), torch::full({1, 1, 1, 2}, 0.5), 0.06)};
}

Model three_modes() {
  const auto means = torch::tensor({0.2, 0.2, 0.8, 0.3, 0.4, 0.9}, torch::kFloat64);
  return {GaussianMixture(torch::tensor({0.5, 0.3, 0.2}, torch::kFloat64), means.view({3, 1, 1, 2}),
                          0.01)};
}

// Ranks of the coordinate that y says less about.
std::vector<int> ranks(const Model& model, const Method& method) {
  std::vector<int> ranks;
  for (int k = 0; k < kProblems; ++k) {
    Rng truth(10, static_cast<std::uint64_t>(k)), stream(20, static_cast<std::uint64_t>(k));
    const auto x0 = model.prior.draw(truth, 1);
    const Measurement measurement{model.noise->sample(model.A->apply(x0), truth), model.A,
                                  model.noise};
    const auto result = method.run(measurement, model.prior, stream);
    const auto below = torch::cat(result.samples).select(3, 1) < x0.select(3, 1);
    ranks.push_back(below.sum().item<int>());
  }
  return ranks;
}

// The share of ranks inside the central interval of the given probability.
double coverage(const std::vector<int>& ranks, double probability) {
  const double cut = (1 - probability) / 2 * (kSamples + 1);
  const auto inside = [&](int rank) { return rank >= cut && rank < kSamples + 1 - cut; };
  return static_cast<double>(std::count_if(ranks.begin(), ranks.end(), inside)) / kProblems;
}

// The probability of ranks at least as uneven, were they uniform.
double report(const std::string& name, const std::vector<int>& ranks) {
  std::vector<int> cells(5);
  for (const int rank : ranks) ++cells[static_cast<std::size_t>(rank / 4)];
  const double p = testing::uniformity_p_value(cells);
  BOOST_TEST_MESSAGE(fmt::format(
      "{:<22} p {:.3f}, 50/80/95 % intervals cover {:.0f}/{:.0f}/{:.0f} %", name, p,
      100 * coverage(ranks, 0.5), 100 * coverage(ranks, 0.8), 100 * coverage(ranks, 0.95)));
  return p;
}

// Those that are exact in a limit are brought near it; the others have 20 levels.
std::unique_ptr<Method> make(const PosteriorRow& row) {
  static const std::map<std::string, ParameterValues> special{
      {"mmps", {{"steps", "100"}}},
      {"tds", {{"steps", "50"}, {"particles", "100"}}},
      {"mcgdiff", {{"steps", "50"}, {"particles", "100"}}},
      {"pnp-dm", {{"steps", "40"}}},
      {"langevin", {{"iterations", "10"}}},
      {"snips", {{"iterations", "10"}}},
      {"repaint", {{"resamplings", "4"}}},
      {"sitcom", {{"iterations", "5"}}},
  };
  ParameterValues values{
      {"samples", std::to_string(kSamples)}, {"steps", "20"}, {"sigma_max", "5"}};
  if (const auto found = special.find(row.name); found != special.end())
    for (const auto& [name, value] : found->second) values[name] = value;
  return row.make(values);
}

// A chi-square test at 1 % for the exact ones. The others say how far they are, and red-diff, whose
// samples are modes, that this test would notice.
void check(const std::string& problem, const Model& model, const std::string& also_exact) {
  for (const auto& row : posterior_table()) {
    const double p = report(row.name + ", " + problem, ranks(model, *make(row)));
    if (row.exactness != Exactness::approximate || row.name == also_exact)
      BOOST_TEST(p > 0.01, row.name << " with a prior of " << problem << ": p = " << p);
    if (row.name == "red-diff") BOOST_TEST(p < 0.01);
  }
}

BOOST_AUTO_TEST_CASE(exact_samplers_are_calibrated_for_a_gaussian) {
  check("one Gaussian", one_gaussian(), "mmps");
}

BOOST_AUTO_TEST_CASE(exact_samplers_are_calibrated_for_a_mixture) {
  check("three modes", three_modes(), "");
}

}  // namespace
}  // namespace restore
