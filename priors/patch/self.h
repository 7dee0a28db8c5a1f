// `--prior self`: the picture to be filled, as a prior of its own. A prior of no picture in
// particular until it is told the measurement.
#pragma once

#include <memory>

#include "librestore/model/denoiser.h"
#include "librestore/model/measurement.h"

namespace restore {

class SelfPrior : public Denoiser {
 public:
  // A PatchCompletion of the pixels that `measurement` misses, those where A^T A 1 is below one
  // half: A as it was measured, which weights for its noise would change. Usage error where it
  // misses none, or A is not linear.
  static std::shared_ptr<const Denoiser> of(const Measurement& measurement);

  // Usage error, unless sigma is 0.
  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return std::nullopt; }
  std::string name() const override { return "self"; }
};

}  // namespace restore
