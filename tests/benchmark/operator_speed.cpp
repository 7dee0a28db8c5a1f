// How long an operator and its adjoint take, and how much memory they add.
//
//   operator_speed EXPRESSION CHANNELS HEIGHT WIDTH REPEATS
//
// `HEIGHT WIDTH`: of the scene, uniform random numbers in float32. Prints a line for `apply` and
// one for `adjoint`: the peak of the memory that the call adds to what was there, its result
// included, in MB, then for each call after a first one that is not counted its seconds and those
// of the processor, all threads together. scripts/bench_operators.py has the rest.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>

#include <ATen/Parallel.h>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/model/random.h"
#include "operators/factory.h"

namespace restore {
namespace {

// A line of /proc/self/status (`VmRSS`, `VmHWM`), in MB.
double memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  throw usage_error("/proc/self/status has no {}", name);
}

void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

template <typename Call>
void measure(const char* name, int repeats, const Call& call) {
  reset_peak();
  const double before = memory("VmRSS");
  call();
  std::printf("%s %.1f", name, memory("VmHWM") - before);
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t busy = std::clock();
    call();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf(" %.4f %.4f", seconds.count(),
                static_cast<double>(std::clock() - busy) / CLOCKS_PER_SEC);
  }
  std::printf("\n");
}

void run(char** argv) {
  const auto A = build_operator(
      argv[1], {{std::stoll(argv[2]), std::stoll(argv[3]), std::stoll(argv[4])}, false});
  const int repeats = std::stoi(argv[5]);
  Rng rng(0);
  const auto x = rand(rng, A->input_shape());
  const auto y = rand(rng, A->output_shape());
  const auto& linear = dynamic_cast<const LinearOperator&>(*A);
  measure("apply", repeats, [&] { linear.apply(x); });
  measure("adjoint", repeats, [&] { linear.adjoint(y); });
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "operator_speed EXPRESSION CHANNELS HEIGHT WIDTH REPEATS\n");
    return 2;
  }
  try {
    const int threads = restore::available_threads();
    at::set_num_threads(threads);
    restore::parallel_items(1, restore::divide_threads(threads, 1),
                            [&](std::int64_t) { restore::run(argv); });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "operator_speed: %s\n", error.what());
    return 2;
  }
  return 0;
}
