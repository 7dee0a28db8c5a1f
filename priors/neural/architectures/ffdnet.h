// Zhang, Zuo, Zhang 2018, "FFDNet: Toward a Fast and Flexible Solution for CNN based Image
// Denoising", https://arxiv.org/abs/1710.04026: convolutions at half resolution, told of the noise
// by a channel that holds sigma everywhere.
#pragma once

#include "priors/neural/architectures/architecture.h"

namespace restore {

struct FfdnetConfig {
  int channels = 3;  // of pictures: 1 or 3
  std::int64_t width = 96;
  int convolutions = 12;
};

// F(x, sigma) is the estimate itself; x and sigma in [0,1] units.
class Ffdnet : public Architecture {
 public:
  explicit Ffdnet(const FfdnetConfig& config) : config_(config) {}

  std::string name() const override { return "ffdnet"; }
  Json config() const override;
  WeightShapes weight_shapes() const override;
  torch::Tensor forward(const Layers& layers, const torch::Tensor& x, double sigma) const override;
  int channels() const override { return config_.channels; }
  double full_width() const override { return static_cast<double>(config_.width) / 4; }
  int alignment() const override { return 2; }
  std::optional<int> receptive_field() const override { return 2 * config_.convolutions + 1; }

 private:
  FfdnetConfig config_;
};

InferArchitecture infer_ffdnet;

}  // namespace restore
