#include "priors/neural/processor.h"

#include <oneapi/dnnl/dnnl.hpp>

namespace restore {

bool has_fast_bfloat16() {
  // A set of instructions is a set of bits.
  const auto amx = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_amx);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & amx) == amx;
}

}  // namespace restore
