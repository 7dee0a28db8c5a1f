// Rows of convolutions with ReLU between them, all at full resolution:
//   DnCNN, D = x - F(x), one noise level or a range of them without being told which, and
//   FDnCNN, D = F(x, sigma): Zhang, Zuo, Chen, Meng, Zhang 2017, "Beyond a Gaussian Denoiser:
//     Residual Learning of Deep CNN for Image Denoising", https://arxiv.org/abs/1608.03981;
//   IRCNN, D = x - F_k(x), seven dilated convolutions, one network for each of 25 noise levels:
//     Zhang, Zuo, Gu, Zhang 2017, "Learning Deep CNN Denoiser Prior for Image Restoration",
//     https://arxiv.org/abs/1704.03264.
// Weights have the names of the authors' later PyTorch versions, batch norms merged into them.
#pragma once

#include "priors/neural/architectures/architecture.h"

namespace restore {

enum class PlainCnnKind { dncnn, fdncnn, ircnn };

struct PlainCnnConfig {
  PlainCnnKind kind = PlainCnnKind::dncnn;
  int channels = 1;  // of pictures: 1 or 3
  std::int64_t width = 64;
  int convolutions = 17;
  int networks =
      0;  // IRCNN: for sigma = 2/255, 4/255 ..., in the order of their numbers; 0: only one
};

class PlainCnn : public Architecture {
 public:
  explicit PlainCnn(const PlainCnnConfig& config) : config_(config) {}

  std::string name() const override;
  Json config() const override;
  WeightShapes weight_shapes() const override;
  torch::Tensor forward(const Layers& layers, const torch::Tensor& x, double sigma) const override;
  int channels() const override { return config_.channels; }
  double full_width() const override { return static_cast<double>(config_.width); }
  std::optional<int> receptive_field() const override;

 private:
  int dilation(int convolution) const;

  PlainCnnConfig config_;
};

InferArchitecture infer_plain_cnn;

}  // namespace restore
