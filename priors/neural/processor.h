// What the processor at hand is good at.
#pragma once

namespace restore {

// Whether it multiplies bfloat16. With AVX-512 alone oneDNN makes float32 of every number first; without that
// libtorch runs such convolutions in plain loops, some ten times slower than in float32.
bool has_fast_bfloat16();

}  // namespace restore
