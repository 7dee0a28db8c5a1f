#include "priors/patch/mixture/mixture_kernels.h"

#include "librestore/core/lanes.h"

namespace restore::kernels {
namespace {

constexpr int kValues = 64, kGroup = 2 * kLanes;
// Of a log-density: more than rounding in float32 makes of the bound.
constexpr float kSlack = 0.05F;

// <u_j, z>^2 for four eigenvectors side by side and 32 patches: the products stay in registers.
struct Squares {
  Lanes a0{}, a1{}, a2{}, a3{}, b0{}, b1{}, b2{}, b3{};

  RESTORE_INLINE void of(const float* quad, const float* z) {
    Lanes a, b;
    for (int j = 0; j < kValues; ++j, quad += 4) {
      load(a, z + j * kGroup);
      load(b, z + j * kGroup + kLanes);
      a0 += quad[0] * a;
      a1 += quad[1] * a;
      a2 += quad[2] * a;
      a3 += quad[3] * a;
      b0 += quad[0] * b;
      b1 += quad[1] * b;
      b2 += quad[2] * b;
      b3 += quad[3] * b;
    }
    a0 *= a0;
    a1 *= a1;
    a2 *= a2;
    a3 *= a3;
    b0 *= b0;
    b1 *= b1;
    b2 *= b2;
    b3 *= b3;
  }
};

RESTORE_INLINE void squared_norms(const float* z, Lanes& norms_a, Lanes& norms_b) {
  Lanes a, b;
  norms_a = norms_b = Lanes{};
  for (int j = 0; j < kValues; ++j) {
    load(a, z + j * kGroup);
    load(b, z + j * kGroup + kLanes);
    norms_a += a * a;
    norms_b += b * b;
  }
}

RESTORE_INLINE bool any_above(const Lanes& v, const Lanes& limit) {
  const auto above = v > limit;
  int count = 0;
  for (int i = 0; i < kLanes; ++i) count += above[i];
  return count != 0;
}

}  // namespace

RESTORE_TARGET_CLONES void mixture_log_densities(const MixtureTable& table, const float* z,
                                                 float* out) {
  Lanes norms_a, norms_b;
  squared_norms(z, norms_a, norms_b);
  const float* quad = table.quads;
  const float* e = table.excess;
  for (int k = 0; k < table.size; ++k, out += kGroup) {
    Lanes sum_a = table.tails[k] * norms_a, sum_b = table.tails[k] * norms_b;
    for (int r = 0; r < table.ranks[k]; r += 4, e += 4, quad += 4 * kValues) {
      Squares p;
      p.of(quad, z);
      sum_a += e[0] * p.a0 + e[1] * p.a1 + e[2] * p.a2 + e[3] * p.a3;
      sum_b += e[0] * p.b0 + e[1] * p.b1 + e[2] * p.b2 + e[3] * p.b3;
    }
    store(out, table.offsets[k] - 0.5f * sum_a);
    store(out + kLanes, table.offsets[k] - 0.5f * sum_b);
  }
}

RESTORE_TARGET_CLONES void mixture_likeliest(const MixtureTable& table, const float* z, int guess,
                                             float* best, float* which) {
  Lanes norms_a, norms_b;
  squared_norms(z, norms_a, norms_b);
  Lanes best_a = Lanes{} - 1e30F, best_b = best_a, which_a{}, which_b{};
  for (int i = -1; i < table.size; ++i) {
    const int k = i < 0 ? guess : i;
    if (i == guess) continue;
    const float* quad = table.quads + table.first[k] * kValues;
    const float* e = table.excess + table.first[k];
    const float offset = table.offsets[k];
    Lanes sum_a = table.tails[k] * norms_a, sum_b = table.tails[k] * norms_b;
    Lanes left_a = norms_a, left_b = norms_b;
    bool may_win = true;
    for (int r = 0; r < table.ranks[k]; r += 4, e += 4, quad += 4 * kValues) {
      // offset - 1/2 (sum + e_r left), no smaller than the log-density
      may_win = any_above(offset + kSlack - 0.5f * (sum_a + e[0] * left_a), best_a) ||
                any_above(offset + kSlack - 0.5f * (sum_b + e[0] * left_b), best_b);
      if (!may_win) break;
      Squares p;
      p.of(quad, z);
      sum_a += e[0] * p.a0 + e[1] * p.a1 + e[2] * p.a2 + e[3] * p.a3;
      sum_b += e[0] * p.b0 + e[1] * p.b1 + e[2] * p.b2 + e[3] * p.b3;
      left_a -= p.a0 + p.a1 + p.a2 + p.a3;
      left_b -= p.b0 + p.b1 + p.b2 + p.b3;
    }
    if (!may_win) continue;
    const Lanes density_a = offset - 0.5f * sum_a, density_b = offset - 0.5f * sum_b;
    const Lanes index = Lanes{} + static_cast<float>(k);
    which_a = density_a > best_a ? index : which_a;
    best_a = density_a > best_a ? density_a : best_a;
    which_b = density_b > best_b ? index : which_b;
    best_b = density_b > best_b ? density_b : best_b;
  }
  store(best, best_a);
  store(best + kLanes, best_b);
  store(which, which_a);
  store(which + kLanes, which_b);
}

RESTORE_TARGET_CLONES void mixture_shrink(const float* rows, const float* gains, int rank,
                                          float tail_gain, float* z) {
  Lanes z0, z1, z2, z3, u0, u1, u2, u3;
  load(z0, z);
  load(z1, z + kLanes);
  load(z2, z + 2 * kLanes);
  load(z3, z + 3 * kLanes);
  Lanes s0 = tail_gain * z0, s1 = tail_gain * z1, s2 = tail_gain * z2, s3 = tail_gain * z3;
  for (int r = 0; r < rank; ++r, rows += kValues) {
    load(u0, rows);
    load(u1, rows + kLanes);
    load(u2, rows + 2 * kLanes);
    load(u3, rows + 3 * kLanes);
    const float p = gains[r] * sum(u0 * z0 + u1 * z1 + u2 * z2 + u3 * z3);
    s0 += p * u0;
    s1 += p * u1;
    s2 += p * u2;
    s3 += p * u3;
  }
  store(z, s0);
  store(z + kLanes, s1);
  store(z + 2 * kLanes, s2);
  store(z + 3 * kLanes, s3);
}

}  // namespace restore::kernels
