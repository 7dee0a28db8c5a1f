// What the processor at hand is good at.
#pragma once

namespace restore {

// Whether libtorch hands bfloat16 convolutions to oneDNN, which wants AVX-512. Elsewhere they run in
// plain loops, some ten times slower than in float32.
bool has_fast_bfloat16();

}  // namespace restore
