// The denoising network F(x, c_noise): a U-net of residual blocks (blocks.h).
//
//   pixel-unshuffle by 2 -> 3x3 stem -> levels at 1/2, 1/4, 1/8 ... -> 3x3 head -> pixel-shuffle.
//
// Nothing here normalises or pools over space, so a tile with its halo gives what the whole image
// gives.
//
// The network is a pure function of (weights, x, c_noise): training, inference and tests share it.
// Stem, head, residual stream and noise embedding compute in the type of x; the blocks'
// convolutions in the type of their weights (bfloat16 weights: bfloat16 convolutions).
#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "librestore/core/json.h"
#include "librestore/core/rng.h"
#include "priors/neural/banded_blocks.h"
#include "priors/neural/blocks.h"
#include "priors/tensor_file/safetensors.h"

namespace restore {

struct NetworkConfig {
  int width = 64;                     // channels at half resolution; doubles at every level; 16 k
  std::vector<int> encoder = {3, 4};  // blocks at each level on the way down
  int middle = 8;                     // blocks at the coarsest level
  std::vector<int> decoder = {4, 3};  // blocks at each level on the way up, coarsest first
  int embedding = 64;                 // features of the noise level
  BlockConfig block = {};

  bool operator==(const NetworkConfig&) const = default;
};

Json to_json(const NetworkConfig& config);
// Item error that names `where` when a field is missing or out of range.
NetworkConfig network_config_from_json(const Json& json, const std::string& where);

// What the config implies.
constexpr int kImageChannels = 3;
int alignment(const NetworkConfig& config);          // sizes are padded to multiples of this
int receptive_field(const NetworkConfig& config);    // radius in pixels, an upper bound
double macs_per_pixel(const NetworkConfig& config);  // multiply-adds, noise embedding excluded
// What the pullback to x needs of the forward pass, with weights that are constants: bytes.
double kept_bytes_per_pixel(const NetworkConfig& config, torch::ScalarType block_type);
std::int64_t parameter_count(const NamedTensors& weights);

// float32, biases 0, head 0: F = 0 at the start.
NamedTensors initial_weights(const NetworkConfig& config, Rng& rng);
// Throws an item error that names `where` and the first tensor whose name or shape differs.
void check_weights(const NetworkConfig& config, const NamedTensors& weights,
                   const std::string& where);
// The weights as forward() wants them: block convolutions in `block_type`, the rest in
// `outer_type`.
NamedTensors cast_weights(const NetworkConfig& config, const NamedTensors& weights,
                          torch::ScalarType outer_type, torch::ScalarType block_type);

// Prepares the blocks for many calls without gradients; `weights` outlive it.
BandedBlocks band_blocks(const NetworkConfig& config, const NamedTensors& weights);

// F: N x 3 x H x W -> the same; H and W multiples of alignment(). c_noise: N, the type of x.
// `banded`, of the same config and weights, makes it faster where it fits.
torch::Tensor network_forward(const NetworkConfig& config, const NamedTensors& weights,
                              const torch::Tensor& x, const torch::Tensor& c_noise,
                              const BandedBlocks* banded = nullptr);

}  // namespace restore
