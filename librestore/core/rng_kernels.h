// The loops that make random fields: sixteen blocks of Philox at a time, the same bits on every
// machine.
#pragma once

#include <array>
#include <cstdint>

namespace restore::kernels {

using PhiloxCounter = std::array<std::uint32_t, 4>;

constexpr int kRandomBlocks = 16;  // one vector of a word of each
constexpr int kRandomValues = 4 * kRandomBlocks;

// The values of the blocks counter, counter + 1 in its first word, ..., in their order: independent
// N(0,1), or uniform on (0,1).
void normal_values(std::uint64_t key, const PhiloxCounter& counter, float* out);
void uniform_values(std::uint64_t key, const PhiloxCounter& counter, float* out);

}  // namespace restore::kernels
