#include "priors/patch/texture/window_kernels.h"

#include "librestore/core/lanes.h"

namespace restore::kernels {
namespace {

static_assert(kKeys == 2 * kLanes && kQueries == 4 && kComponents % kLanes == 0);

// <q, k> of 4 queries and 32 keys: the sums stay in registers.
struct Products {
  Lanes a0{}, a1{}, a2{}, a3{}, b0{}, b1{}, b2{}, b3{};

  RESTORE_INLINE void of(const float* q, const float* k) {
    Lanes a, b;
    for (int c = 0; c < kComponents; ++c, ++q, k += kKeys) {
      load(a, k);
      load(b, k + kLanes);
      a0 += q[0] * a;
      a1 += q[kComponents] * a;
      a2 += q[2 * kComponents] * a;
      a3 += q[3 * kComponents] * a;
      b0 += q[0] * b;
      b1 += q[kComponents] * b;
      b2 += q[2 * kComponents] * b;
      b3 += q[3 * kComponents] * b;
    }
  }
};

// ||q - k||^2 = ||q||^2 + ||k||^2 - 2 <q, k>, which rounding may make negative
RESTORE_INLINE void distance(Lanes& d, float q_norm, const Lanes& k_norms, const Lanes& product) {
  d = q_norm + k_norms - 2 * product;
  d = d > 0 ? d : Lanes{};
}

RESTORE_INLINE void keep_least(Lanes& least, float q_norm, const Lanes& k_norms,
                               const Lanes& product) {
  Lanes d;
  distance(d, q_norm, k_norms, product);
  least = d < least ? d : least;
}

RESTORE_INLINE void keep_best(float* best, float* which, float block, float q_norm,
                              const Lanes& k_norms, const Lanes& weights, const Lanes& product) {
  Lanes d, old, number;
  distance(d, q_norm, k_norms, product);
  d *= weights;
  load(old, best);
  load(number, which);
  store(which, d < old ? block + Lanes{} : number);
  store(best, d < old ? d : old);
}

}  // namespace

RESTORE_TARGET_CLONES void project(const float* window, const float* mean, const float* basis,
                                   std::int64_t values, float* out) {
  Lanes low{}, high{}, a, b;
  for (std::int64_t i = 0; i < values; ++i, basis += kComponents) {
    load(a, basis);
    load(b, basis + kLanes);
    low += (window[i] - mean[i]) * a;
    high += (window[i] - mean[i]) * b;
  }
  store(out, low);
  store(out + kLanes, high);
}

RESTORE_TARGET_CLONES void least_distances(const QueryGroup& queries, const KeyBlock& keys,
                                           float* least) {
  Products p;
  p.of(queries.components, keys.components);
  Lanes a, b, norms_a, norms_b;
  load(a, least);
  load(b, least + kLanes);
  load(norms_a, keys.norms);
  load(norms_b, keys.norms + kLanes);
  const float* q = queries.norms;
  keep_least(a, q[0], norms_a, p.a0);
  keep_least(a, q[1], norms_a, p.a1);
  keep_least(a, q[2], norms_a, p.a2);
  keep_least(a, q[3], norms_a, p.a3);
  keep_least(b, q[0], norms_b, p.b0);
  keep_least(b, q[1], norms_b, p.b1);
  keep_least(b, q[2], norms_b, p.b2);
  keep_least(b, q[3], norms_b, p.b3);
  store(least, a);
  store(least + kLanes, b);
}

RESTORE_TARGET_CLONES void improve_best(const QueryGroup& queries, const KeyBlock& keys,
                                        const float* weights, float block, float* best,
                                        float* which) {
  Products p;
  p.of(queries.components, keys.components);
  Lanes norms, w;
  const float* q = queries.norms;
  load(norms, keys.norms);
  load(w, weights);
  keep_best(best, which, block, q[0], norms, w, p.a0);
  keep_best(best + kKeys, which + kKeys, block, q[1], norms, w, p.a1);
  keep_best(best + 2 * kKeys, which + 2 * kKeys, block, q[2], norms, w, p.a2);
  keep_best(best + 3 * kKeys, which + 3 * kKeys, block, q[3], norms, w, p.a3);
  best += kLanes;
  which += kLanes;
  load(norms, keys.norms + kLanes);
  load(w, weights + kLanes);
  keep_best(best, which, block, q[0], norms, w, p.b0);
  keep_best(best + kKeys, which + kKeys, block, q[1], norms, w, p.b1);
  keep_best(best + 2 * kKeys, which + 2 * kKeys, block, q[2], norms, w, p.b2);
  keep_best(best + 3 * kKeys, which + 3 * kKeys, block, q[3], norms, w, p.b3);
}

}  // namespace restore::kernels
