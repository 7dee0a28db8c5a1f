// The inner loops of a search among projected windows.
#pragma once

#include <cstdint>

namespace restore::kernels {

constexpr int kKeys = 32, kQueries = 4, kComponents = 32;

// The exemplar's windows, 32 at a time; where there are no more, zeros and a norm that is far away.
struct KeyBlock {
  const float* components;  // kComponents x kKeys
  const float* norms;       // ||k||^2, kKeys
};

// Four windows to be compared, and ||q||^2.
struct QueryGroup {
  const float* components;  // kQueries x kComponents
  const float* norms;       // kQueries
};

// out_c = sum_i b_ic (v_i - m_i): kComponents of them. basis: values x kComponents.
void project(const float* window, const float* mean, const float* basis, std::int64_t values,
             float* out);

// least_k = min(least_k, min_q ||q - k||^2), kKeys of them.
void least_distances(const QueryGroup& queries, const KeyBlock& keys, float* least);

// Where ||q - k||^2 weight_k is smaller than best, `best` becomes that and `which` the number
// `block`: for each query 32 lanes, of the keys of all blocks that are k modulo 32.
void improve_best(const QueryGroup& queries, const KeyBlock& keys, const float* weights,
                  float block, float* best, float* which);

}  // namespace restore::kernels
