// The structure of somebody's network, without its weights.
//
// A file of weights says little about the network they belong to, but the names and shapes of its
// tensors say nearly all: each architecture here is inferred from them, and names its tensors as
// the authors' own code does.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "librestore/core/json.h"
#include "priors/neural/layers/layers.h"
#include "priors/neural/layers/weight_shapes.h"

namespace restore {

class Architecture {
 public:
  virtual ~Architecture() = default;

  virtual std::string name() const = 0;  // "drunet"
  // The numbers that tell one instance from another, as the card of a prior states them.
  virtual Json config() const = 0;
  // All tensors of a whole state dict.
  virtual WeightShapes weight_shapes() const = 0;

  // F(x, level): N x channels() x H x W, H and W multiples of alignment(). `level` is the noise in
  // the network's own unit: sigma, a time step, c_noise. A network that also estimates a variance
  // has that in further channels of its output.
  virtual torch::Tensor forward(const Layers& layers, const torch::Tensor& x,
                                double level) const = 0;

  virtual int channels() const = 0;
  // Of the layers at full resolution: what most of the memory goes to.
  virtual double full_width() const = 0;
  virtual int alignment() const { return 1; }
  // As Denoiser's: radius in pixels, an upper bound; empty: unbounded.
  virtual std::optional<int> receptive_field() const { return std::nullopt; }
  // Side of the pictures that it was trained on, px, where it attends to all of the picture at once
  // and larger ones are therefore strange to it.
  virtual std::optional<int> picture_size() const { return std::nullopt; }
};

// Which architecture a state dict is of: null when it is none of this kind, an item error that
// names `where` when it begins like one and cannot be one. `stated`: what a config or card says
// besides (an empty object: nothing); it must not contradict the shapes.
using InferArchitecture = std::unique_ptr<Architecture>(const WeightShapes& shapes,
                                                        const Json& stated,
                                                        const std::string& where);

// --- For those who infer. ---

// Extent `axis` of the tensor `name`; 0 when there is none or it has fewer.
std::int64_t extent(const WeightShapes& shapes, const std::string& name, std::size_t axis);
// How many of `prefix`0`suffix`, `prefix`1`suffix`, ... there are.
int count_tensors(const WeightShapes& shapes, const std::string& prefix, const std::string& suffix);

}  // namespace restore
