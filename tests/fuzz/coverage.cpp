// What GCC's -fsanitize-coverage=trace-pc,trace-cmp calls and libFuzzer does not have: a block's
// address turns a counter of an array that libFuzzer looks at after each run. This file is compiled
// without the flag.
#include <cstdint>

extern "C" {

void __sanitizer_cov_8bit_counters_init(std::uint8_t* begin, std::uint8_t* end);
extern const char __executable_start;
}

namespace {

constexpr int kBits =
    17;  // some 40 000 blocks are ever reached by a target: few of them share a counter
std::uint8_t counters[std::size_t{1} << kBits];

[[gnu::constructor]] void announce_counters() {
  __sanitizer_cov_8bit_counters_init(counters, counters + sizeof counters);
}

}  // namespace

extern "C" {

// --wrap, see CMakeLists.txt. The place within the program, times 2^64 over the golden ratio: where
// it was loaded does not matter, so that the counters mean the same in every run.
void __wrap___sanitizer_cov_trace_pc() {
  const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)) -
                     reinterpret_cast<std::uintptr_t>(&__executable_start);
  ++counters[(place * 0x9e3779b97f4a7c15) >> (64 - kBits)];
}

// Comparisons of floating-point numbers guide nobody.
void __sanitizer_cov_trace_cmpf(float, float) {}
void __sanitizer_cov_trace_cmpd(double, double) {}
}
