// Gated blocks (blocks.h) without gradients, in bands of rows.
//
// A layer after the other moves every tensor of a block through main memory: 18 times the size of x
// in float32, for 6 multiply-adds a number. Here a few thousand pixels go through all layers of a
// block but the depthwise convolution, and through the first two of the next, while they are in the
// cache: only x and the input of the depthwise convolution, which needs the rows of the neighbours,
// are kept whole. The values are those of run_block to rounding, and do not depend on the number of
// threads: the bands do not.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/types.h>

#include "priors/neural/blocks.h"
#include "priors/neural/layers/packed_pointwise.h"

namespace restore {

class BandedBlocks {
 public:
  // For the blocks of these names. `weights` outlive this and are what run() uses besides its own
  // copy.
  BandedBlocks(const BlockConfig& config, const NamedTensors& weights,
               const std::vector<std::string>& names);

  // Whether run() takes x: gated blocks, on the processor, x float32 with channels in whole
  // vectors, no gradients wanted.
  bool fit(const torch::Tensor& x) const;

  // The blocks of these names after one another. x: N x C x H x W, channels-last, changed in place.
  void run(const std::vector<std::string>& names, const torch::Tensor& embedding,
           torch::Tensor& x) const;

 private:
  // x += W2 gate(dw3x3(W1 norm(x)));   x += W4 gate(W3 norm(x))
  struct Weights {
    PackedPointwise expand, project, mix_first, mix_second, merge;  // W1, W2, halves of W3, W4
    torch::Tensor taps, shift;                                      // of dw3x3, for gated_depthwise
  };
  static Weights weights_of(const Layers& layers, const std::string& name);

  BlockConfig config_;
  const NamedTensors& weights_;
  std::map<std::string, Weights> packed_;

  class Block;
};

}  // namespace restore
