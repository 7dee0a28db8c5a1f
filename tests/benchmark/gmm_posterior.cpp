// How far a sampler's draws are from a known posterior.
//
//   gmm_posterior --method M --dx 80 --dy 2 --seed S [--seeds N] [--samples 1000] [--NAME VALUE ..]
//
// prints the sliced Wasserstein-1 distance between the sampler's and exact draws on the
// Gaussian-mixture problem (tests/posterior/gmm_problem.h) of that seed, or of N seeds from S on
// with their mean and 1.96 standard errors. Any other NAME is a parameter of the method. `--method
// exact` gives the floor: the distance between two exact sets.
#include <chrono>
#include <cstdio>

#include "librestore/core/error.h"
#include "priors/posterior/table.h"
#include "tests/posterior/gmm_problem.h"
#include "tests/posterior/statistics.h"

namespace restore {
namespace {

struct Arguments {
  std::string method;
  std::int64_t dx = 8, dy = 1, samples = 1000;
  std::uint64_t seed = 0, seeds = 1;
  ParameterValues parameters;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    if (!key.starts_with("--") || i + 1 == argc)
      throw usage_error("'{}': options come as --NAME VALUE", key);
    const std::string name = key.substr(2), value = argv[i + 1];
    if (name == "method")
      arguments.method = value;
    else if (name == "dx")
      arguments.dx = std::stoll(value);
    else if (name == "dy")
      arguments.dy = std::stoll(value);
    else if (name == "samples")
      arguments.samples = std::stoll(value);
    else if (name == "seed")
      arguments.seed = std::stoull(value);
    else if (name == "seeds")
      arguments.seeds = std::stoull(value);
    else
      arguments.parameters[name] = value;
  }
  return arguments;
}

// A row's parameters are described as `NAME ...`.
bool has_parameter(const PosteriorRow& row, const std::string& name) {
  const auto lines = row.parameters();
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& line) { return line.starts_with(name + " "); });
}

// The benchmark's defaults: components of variance 1, and means up to 16 sqrt(dx) from the origin,
// which the first noise level has to cover.
std::unique_ptr<Method> make_sampler(const Arguments& arguments) {
  const PosteriorRow& row = find_posterior_method(arguments.method);
  ParameterValues values{{"sigma_max", arguments.dx > 100 ? "1500" : "150"}, {"steps", "100"}};
  for (const auto& [name, value] : ParameterValues{{"particles", "1000"}, {"s", "1"}})
    if (has_parameter(row, name)) values[name] = value;
  for (const auto& [name, value] : arguments.parameters) values[name] = value;
  values["samples"] = std::to_string(arguments.samples);
  return row.make(values);
}

// K x dx
torch::Tensor draw(const Arguments& arguments, const testing::GmmProblem& problem, Rng& rng) {
  const auto result = make_sampler(arguments)->run(problem.measurement(), problem.prior(), rng);
  std::printf("  %s\n", result.summary.message.c_str());
  return torch::cat(result.samples).view({arguments.samples, -1});
}

void run(const Arguments& arguments) {
  std::vector<double> distances;
  for (std::uint64_t seed = arguments.seed; seed < arguments.seed + arguments.seeds; ++seed) {
    const auto problem = testing::make_gmm_problem(arguments.dx, arguments.dy, seed);
    Rng reference(seed, 0), sampler(seed, 1);
    const auto posterior = restore::posterior(problem.prior(), problem.measurement());
    const auto draw_exact = [&](Rng& rng) {
      return posterior.draw(rng, arguments.samples).view({arguments.samples, -1});
    };
    const auto exact = draw_exact(reference);
    const auto start = std::chrono::steady_clock::now();
    const auto samples =
        arguments.method == "exact" ? draw_exact(sampler) : draw(arguments, problem, sampler);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    distances.push_back(testing::sliced_wasserstein(samples, exact));
    std::printf("dx %3ld dy %ld seed %2lu %-8s sliced W1 %7.3f  %6.1f s\n", arguments.dx,
                arguments.dy, seed, arguments.method.c_str(), distances.back(), seconds.count());
    std::fflush(stdout);
  }
  if (distances.size() < 2) return;
  const auto d = torch::tensor(distances, torch::kFloat64);
  std::printf("dx %3ld dy %ld %-8s mean of %zu seeds %.3f +- %.3f\n", arguments.dx, arguments.dy,
              arguments.method.c_str(), distances.size(), d.mean().item<double>(),
              1.96 * d.std().item<double>() / std::sqrt(static_cast<double>(distances.size())));
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) {
  try {
    restore::run(restore::parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gmm_posterior: %s\n", error.what());
    return 2;
  }
}
