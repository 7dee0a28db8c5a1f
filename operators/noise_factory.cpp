#include "operators/noise_factory.h"

#include <fmt/format.h>

#include "librestore/image/image_io.h"
#include "operators/expression/arguments.h"
#include "operators/noise/correlated_noise.h"
#include "operators/noise/gaussian_noise.h"
#include "operators/noise/poisson_gaussian_noise.h"
#include "operators/noise/poisson_noise.h"
#include "operators/noise/quantisation_noise.h"

namespace restore {
namespace {

using Kind = ArgumentInfo::Kind;
using NoisePointer = std::shared_ptr<const NoiseModel>;

struct Row {
  std::string name, summary;
  std::vector<ArgumentInfo> arguments;
  std::vector<std::string> law_instances;
  NoisePointer (*build)(const BoundCall& call);
};

constexpr double kLeast = 1e-9;  // what must be above 0 is at least this

NoisePointer white(const ExpressionSource& source, const ExpressionValue& sigma) {
  if (!(sigma.number >= 0))
    throw source.error(sigma.column, "a standard deviation is a number from 0 up");
  return std::make_shared<GaussianNoise>(sigma.number);
}

NoisePointer build_gaussian(const BoundCall& call) {
  const auto& sigma = call.value("sigma");
  if (sigma.kind == ExpressionValue::Kind::number) return white(call.source(), sigma);
  if (sigma.kind == ExpressionValue::Kind::spec) {
    if (sigma.head != "channels")
      throw call.error("sigma", "write a number, channels:S,S,... or a file");
    const auto count = static_cast<std::int64_t>(sigma.numbers.size());
    const auto values = torch::tensor(sigma.numbers, torch::kFloat64).view({1, count, 1, 1});
    return std::make_shared<GaussianNoise>(values, fmt::format("gaussian({})", sigma.text));
  }
  const auto map = load_image(call.path(sigma)).colour;
  return std::make_shared<GaussianNoise>(map, fmt::format("gaussian(\"{}\")", sigma.text));
}

NoisePointer build_correlated(const BoundCall& call) {
  return std::make_shared<CorrelatedNoise>(call.number("sigma"), call.number("length"));
}

NoisePointer build_poisson(const BoundCall& call) {
  return std::make_shared<PoissonNoise>(call.number("gain"));
}

NoisePointer build_poisson_gaussian(const BoundCall& call) {
  return std::make_shared<PoissonGaussianNoise>(call.number("gain"), call.number("read"));
}

NoisePointer build_quantisation(const BoundCall& call) {
  return std::make_shared<QuantisationNoise>(static_cast<int>(call.whole("bits")));
}

const std::vector<Row>& rows() {
  const ArgumentInfo gain{Kind::number, {"gain", "[0,1]", kLeast, 1, "of one count"}, "", {}};
  static const std::vector<Row> table{
      {"gaussian",
       "y = z + sigma n; a number alone means the same",
       {{Kind::free,
         {"sigma", "", 0, 0, "a number, channels:S,S,..., or a picture of it for each pixel"},
         "",
         {}}},
       {"0.05", "gaussian(2)", "gaussian(channels:0.02,0.05,0.1)"},
       build_gaussian},
      {"correlated",
       "y = z + n, power spectrum of n proportional to 1/(1 + length^2 |w|^2)",
       {{Kind::number, {"sigma", "[0,1]", kLeast, 1e3, "of each pixel"}, "", {}},
        {Kind::number, {"length", "px", 0, 1e3, "over which correlations fall off"}, "1", {}}},
       {"correlated(0.05)", "correlated(0.1, length=3)", "correlated(0.1, 0)"},
       build_correlated},
      {"poisson",
       "y = gain k, k ~ Poisson(z / gain)",
       {gain},
       {"poisson(0.5)", "poisson(0.01)", "poisson(1e-4)"},
       build_poisson},
      {"poisson-gaussian",
       "y = gain k + read n, k ~ Poisson(z / gain)",
       {gain,
        {Kind::number, {"read", "[0,1]", kLeast, 1, "standard deviation of read noise"}, "", {}}},
       {"poisson-gaussian(0.01, 0.02)", "poisson-gaussian(0.2, read=0.001)"},
       build_poisson_gaussian},
      {"quantisation",
       "y = one of the two levels around z, by dither",
       {{Kind::whole, {"bits", "", 1, 16, "levels are 0 to 2^bits - 1"}, "8", {}}},
       {"quantisation(1)", "quantisation(3)"},
       build_quantisation},
  };
  return table;
}

const Row& find_row(const ExpressionSource& source, const ExpressionCall& call) {
  std::vector<std::string> known;
  for (const Row& row : rows()) {
    if (row.name == call.name) return row;
    known.push_back(row.name);
  }
  throw source.error(call.column, fmt::format("unknown noise \"{}\"; known: a number, {}",
                                              call.name, fmt::join(known, ", ")));
}

}  // namespace

const std::vector<NoiseRow>& noise_table() {
  static const std::vector<NoiseRow> table = [] {
    std::vector<NoiseRow> result;
    for (const Row& row : rows()) {
      NoiseRow described{row.name, row.summary, {}, row.law_instances};
      for (const auto& argument : row.arguments)
        described.parameters.push_back(describe_argument(argument));
      result.push_back(std::move(described));
    }
    return result;
  }();
  return table;
}

std::shared_ptr<const NoiseModel> make_noise(const std::string& expression,
                                             const std::filesystem::path& base) {
  const ExpressionSource source(expression, "--noise");
  const auto calls = parse_expression(source);
  if (calls.size() > 1) throw source.error(calls[1].column, "one noise model, not several");
  const auto& call = calls.front();
  if (call.arguments.empty()) {
    const auto value = parse_value(source);
    if (value.kind == ExpressionValue::Kind::number) return white(source, value);
  }
  const Row& row = find_row(source, call);
  return row.build(BoundCall(source, call, row.arguments, base));
}

}  // namespace restore
