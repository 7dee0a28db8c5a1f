// The inner loops of the patch mixture, for 8 x 8 patches.
#pragma once

#include <cstddef>

namespace restore::kernels {

// Components at one noise level, as the loops read them.
struct MixtureTable {
  int size;                  // K
  const int* ranks;          // K, multiples of 4
  const std::size_t* first;  // K, the row where a component begins
  const float* quads;        // four eigenvectors side by side: (rank / 4) x 64 x 4 a component
  const float* excess;       // e <= 0: a number an eigenvector, growing in each component
  const float* tails;        // t: K
  const float* offsets;
};

// out_ki = offset_k - 1/2 (t_k ||z_i||^2 + sum_j e_kj <u_kj, z_i>^2). z: 64 x 32; out: K x 32.
void mixture_log_densities(const MixtureTable& table, const float* z, float* out);

// The largest out_ki of each patch i and its k, in best and which (32 each). `guess`, a component,
// is tried first. A component is left when it cannot win for any of the 32: what of ||z||^2 its
// first eigenvectors have not taken can at most lie in the next one, whose e is the smallest left
// (e < 0).
void mixture_likeliest(const MixtureTable& table, const float* z, int guess, float* best,
                       float* which);

// z = tail_gain z + sum_j gain_j <u_j, z> u_j. rows: rank x 64, the u_j; z: 64 values.
void mixture_shrink(const float* rows, const float* gains, int rank, float tail_gain, float* z);

}  // namespace restore::kernels
