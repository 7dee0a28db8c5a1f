// One evaluation of a prior for every line on standard input, for scripts/bench_checkpoint.py.
//
//   denoise_seconds PRIOR SIZE THREADS
//
// prints the seconds of each, and at the end of the input the peak of the memory in MiB.
#include <chrono>
#include <cstdio>
#include <iostream>

#include <sys/resource.h>

#include "librestore/core/error.h"
#include "librestore/model/threads.h"
#include "priors/factory.h"

namespace restore {
namespace {

int run(int argc, char** argv) {
  if (argc != 4) throw usage_error("denoise_seconds PRIOR SIZE THREADS");
  set_torch_threads(std::atoi(argv[3]));
  const auto prior = make_prior(argv[1]);
  const std::int64_t size = std::atoi(argv[2]);
  const auto x = torch::full({1, 3, size, size}, 0.4);
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    const auto estimate = prior->denoise(x, 0.5);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%.4f\n", seconds.count());
    std::fflush(stdout);
  }
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%ld\n", usage.ru_maxrss / 1024);
  return 0;
}

}  // namespace
}  // namespace restore

int main(int argc, char** argv) {
  try {
    return restore::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "denoise_seconds: %s\n", error.what());
    return 1;
  }
}
