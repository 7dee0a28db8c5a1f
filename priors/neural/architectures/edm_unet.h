// The two U-nets of Karras, Aittala, Aila, Laine 2022, "Elucidating the Design Space of
// Diffusion-Based Generative Models", https://arxiv.org/abs/2206.00364, table 1:
//   SongUNet (DDPM++ and NCSN++ of Song et al. 2021, https://arxiv.org/abs/2011.13456) and
//   DhariwalUNet (ADM, https://arxiv.org/abs/2105.05233).
// Tensors are named as in the authors' edm; their .pkl files carry Python source and cannot be
// read, a safetensors or .pth file of the network's state dict can.
#pragma once

#include "priors/neural/architectures/architecture.h"

namespace restore {

struct EdmUnetConfig {
  bool dhariwal = false;  // or Song's
  int channels = 3;
  int picture_size = 64;  // px, as the names of the tensors say
  std::int64_t model_channels = 128;
  std::vector<std::int64_t> width;  // a level, from full resolution down
  std::vector<bool> attends;        // has attention: a level
  int blocks = 4;  // residual blocks a level on the way down; one more on the way up
  std::int64_t augment_features =
      0;  // inputs of training's augmentation; none is told to the network
  std::int64_t classes = 0;
  std::optional<std::int64_t> class_label;
  // Song's alone:
  bool fourier = false;           // random frequencies for the noise level, or sinusoids
  bool residual_encoder = false;  // NCSN++: a pyramid of the input is added at every level
  std::int64_t filter = 2;        // taps of the resampling filter

  static EdmUnetConfig ffhq_64_ddpmpp();
  static EdmUnetConfig imagenet_64_adm();
};

// F(x, c_noise), x in [-1,1] units times c_in.
class EdmUnet : public Architecture {
 public:
  explicit EdmUnet(const EdmUnetConfig& config);

  std::string name() const override { return config_.dhariwal ? "dhariwal-unet" : "song-unet"; }
  Json config() const override;
  WeightShapes weight_shapes() const override;
  torch::Tensor forward(const Layers& layers, const torch::Tensor& x,
                        double c_noise) const override;
  int channels() const override { return config_.channels; }
  double full_width() const override { return static_cast<double>(config_.width[0]); }
  int alignment() const override { return 1 << (config_.width.size() - 1); }
  std::optional<int> picture_size() const override { return config_.picture_size; }

 private:
  enum class Kind { stem, block, pyramid };
  struct Part {
    Kind kind;
    std::string name;
    std::int64_t in, out;
    bool attends = false;
    int resampling = 0;  // -1 down, 1 up
  };

  void plan();
  void add_shapes(WeightShapes& shapes, const Part& part) const;
  torch::Tensor embed(const Layers& layers, const torch::Tensor& x, double c_noise) const;
  torch::Tensor run_block(const Layers& layers, const Part& part, const torch::Tensor& x,
                          const torch::Tensor& embedding) const;
  torch::Tensor run_attention(const Layers& layers, const Part& part, const torch::Tensor& x) const;
  torch::Tensor resample_filtered(const Layers& layers, const std::string& name,
                                  const torch::Tensor& x, int resampling) const;
  std::string output_norm() const;
  std::string output_convolution() const;

  EdmUnetConfig config_;
  std::vector<Part> encoder_, decoder_;
};

// `stated` may set class.
InferArchitecture infer_edm_unet;

}  // namespace restore
