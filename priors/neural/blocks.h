// The residual blocks that a network (network.h) is made of.
//
//   gated     x += W2 gate(dw3x3(W1 norm(x)));   x += W4 gate(W3 norm(x))
//   residual  x += C2 relu(a C1 x + b)
//
// W: 1x1 convolutions, C: 3x3 ones, dw3x3: depthwise. `gated` is after NAFNet (Chen, Chu, Zhang,
// Sun 2022, https://arxiv.org/abs/2204.04676) without its pooled attention, `residual` the block of
// DRUNet (Zhang et al. 2022, https://arxiv.org/abs/2008.13751). The noise level enters as a scale
// and a shift per channel: those of every norm, and a, b. Without biases nothing is added to a
// channel: no shifts either (Mohan, Kadkhodaie, Simoncelli, Fernandez-Granda 2020,
// https://arxiv.org/abs/1906.05478).
#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "priors/neural/layers/layers.h"
#include "priors/neural/residual_stream.h"

namespace restore {

enum class BlockKind { gated, residual };

struct WeightSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  double deviation;   // of the initial normal values
  bool block = true;  // a convolution inside: may be bfloat16
};

struct BlockConfig {
  BlockKind kind = BlockKind::gated;
  bool biases = true;

  bool operator==(const BlockConfig&) const = default;
};

// NAME.PART.weight and .bias of a block of `channels` that is told the noise by `embedding`
// features.
void add_block_specs(std::vector<WeightSpec>& specs, const BlockConfig& config,
                     const std::string& name, std::int64_t channels, std::int64_t embedding);
// Multiply-adds a sample.
double block_macs(BlockKind kind, double channels);
// How many samples to every side it looks at.
int block_reach(BlockKind kind);
// What the pullback to x keeps of the forward pass, bytes a sample; `wide`: bytes of a number in
// the type of the convolutions.
double block_kept_bytes(BlockKind kind, double channels, double wide);

// What the noise level does to a block: y = x (1 + scale) + shift, N x C each, for each norm of a
// gated block and for C1 of a residual one.
struct Modulation {
  torch::Tensor scale, shift;
};
// embedding: N x features.
std::vector<Modulation> modulations(const BlockConfig& config, const Layers& layers,
                                    const std::string& name, const torch::Tensor& embedding);

void run_block(const BlockConfig& config, const Layers& layers, const std::string& name,
               const torch::Tensor& embedding, ResidualStream& stream);

}  // namespace restore
