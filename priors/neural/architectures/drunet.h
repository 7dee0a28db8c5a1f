// Zhang, Li, Zuo, Zhang, Van Gool, Timofte 2022, "Plug-and-Play Image Restoration with Deep
// Denoiser Prior", https://arxiv.org/abs/2008.13751: DRUNet, a U-net of residual blocks without
// biases, told of the noise by a further channel that holds sigma everywhere.
#pragma once

#include <array>

#include "priors/neural/architectures/architecture.h"

namespace restore {

struct DrunetConfig {
  int channels = 3;  // of pictures: 1 or 3
  std::array<std::int64_t, 4> width = {64, 128, 256,
                                       512};  // from full to an eighth of the resolution
  int blocks = 4;                             // residual blocks a level and direction
};

// F(x, sigma) is the estimate itself; x and sigma in [0,1] units.
class Drunet : public Architecture {
 public:
  explicit Drunet(const DrunetConfig& config) : config_(config) {}

  std::string name() const override { return "drunet"; }
  Json config() const override;
  WeightShapes weight_shapes() const override;
  torch::Tensor forward(const Layers& layers, const torch::Tensor& x, double sigma) const override;
  int channels() const override { return config_.channels; }
  double full_width() const override { return static_cast<double>(config_.width[0]); }
  int alignment() const override { return 8; }
  std::optional<int> receptive_field() const override;

 private:
  DrunetConfig config_;
};

InferArchitecture infer_drunet;

}  // namespace restore
