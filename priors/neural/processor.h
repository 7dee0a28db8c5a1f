// What the processor at hand is good at.
#pragma once

namespace restore {

// Whether convolutions in bfloat16 take less time than in float32: with AMX. Measured with
// ONEDNN_MAX_CPU_ISA, the shipped network takes 1.5 times as long in bfloat16 with AVX-512's
// instructions for it, 3 times with AVX-512 alone; below that libtorch's own loops run, some ten
// times as long.
bool has_fast_bfloat16();

}  // namespace restore
