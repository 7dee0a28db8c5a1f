// A prior and a method that do not work out together: a line and an exit code, never a picture.
#include <boost/test/unit_test.hpp>

#include "librestore/core/json.h"
#include "librestore/model/random.h"
#include "librestore/solve/table.h"
#include "priors/neural/prior_file.h"
#include "tests/support/tool_bench.h"

namespace restore::testing {
namespace {

// A network that throws every picture far away.
void write_wild_prior(const std::filesystem::path& path) {
  PriorFile prior;
  prior.network = {.width = 16, .encoder = {1}, .middle = 1, .decoder = {1}, .embedding = 8};
  prior.sigma = {0.002, 50};
  Rng rng(11);
  prior.weights = initial_weights(prior.network, rng);
  auto& head = prior.weights.at("head.weight");
  head.copy_(1e7 * randn(rng, {1, 1, head.numel()}).view(head.sizes()));
  write_prior(prior, path, torch::kFloat32);
}

BOOST_AUTO_TEST_CASE(no_solver_writes_what_has_diverged) {
  const ToolBench bench;
  write_wild_prior(bench / "wild.safetensors");
  for (const MethodRow& row : solver_table()) {
    BOOST_TEST_CONTEXT(row.name) {
      const std::string scene = row.name == "denoise" ? "identity" : "blur(gaussian:1)";
      bench.check_refusal({"restore-pnp", "photo.png", "--operator", scene, "--solver", row.name,
                           "--noise", "0.05", "--prior", "wild.safetensors", "-o", "out/a.png"},
                          ExitCode::some_failed, {"photo.png", "another --method"});
    }
  }
}

BOOST_AUTO_TEST_CASE(the_trace_tells_where) {
  const ToolBench bench;
  write_wild_prior(bench / "wild.safetensors");
  const Words call{"restore-pnp", "photo.png", "--operator", "blur(gaussian:1)",
                   "--solver",    "pgm",       "--noise",    "0.05",
                   "-o",          "out/a.png", "--trace",    "trace.json",
                   "--prior"};
  auto wild = call;
  wild.push_back("wild.safetensors");
  BOOST_TEST(bench.run(wild).exit_code == static_cast<int>(ExitCode::some_failed));
  const auto trace = Json::parse(read_bytes(bench / "trace.json"));
  BOOST_TEST(trace["schema"] == "restore-trace/1");
  BOOST_TEST(trace["pictures"].size() == 1u);
  BOOST_TEST(trace["pictures"][0]["error"].get<std::string>().find("pgm") != std::string::npos);
  BOOST_TEST(trace["pictures"][0]["steps"].size() >= 1u);

  auto tame = call;
  tame.insert(tame.end(), {"tv", "--steps", "7", "--param", "tolerance=0"});
  bench.check_refusal(tame, ExitCode::usage, {"trace.json", "--overwrite"});
  tame.push_back("--overwrite");
  bench.run_well(tame);
  const auto good = Json::parse(read_bytes(bench / "trace.json"))["pictures"][0];
  BOOST_TEST(good["steps"].size() == 7u);
  int iteration = 0;
  for (const auto& step : good["steps"]) {
    BOOST_TEST(step["iteration"] == ++iteration);
    for (const char* key : {"sigma", "step", "fixed_point_residual", "data_residual"})
      BOOST_TEST(step[key].get<double>() > 0);
  }
  // The last step's estimate is the result.
  BOOST_TEST(good["steps"].back()["data_residual"].get<double>() ==
             good["result"]["residual"].get<double>());
}

}  // namespace
}  // namespace restore::testing
