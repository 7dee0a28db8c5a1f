// UNet2DModel of Hugging Face's diffusers, https://huggingface.co/docs/diffusers/api/models/unet2d:
// the U-net of Ho, Jain, Abbeel 2020, "Denoising Diffusion Probabilistic Models",
// https://arxiv.org/abs/2006.11239, with the variants that its config.json names.
#pragma once

#include "priors/neural/architectures/architecture.h"

namespace restore {

// The entries of config.json that decide what is computed, under their names there.
struct Unet2dConfig {
  enum class TimeEmbedding { positional, fourier, learned };
  struct Block {
    bool attends = false;              // Attn...Block2D
    bool residual_resampling = false;  // by a residual block, or by a convolution
  };

  int in_channels = 3, out_channels = 3;
  std::optional<int> sample_size;  // px
  std::vector<std::int64_t> block_out_channels;
  std::vector<Block> down_blocks, up_blocks;
  int layers_per_block = 2;
  bool has_mid_block = true, add_attention = true;
  double mid_block_scale_factor = 1;
  int downsample_padding = 1;
  std::optional<std::int64_t> attention_head_dim = 8;  // empty: one head
  std::int64_t norm_num_groups = 32;
  std::optional<std::int64_t> attn_norm_num_groups;
  double norm_eps = 1e-5;
  bool scale_shift = false;  // resnet_time_scale_shift
  TimeEmbedding time_embedding = TimeEmbedding::positional;
  std::optional<std::int64_t> time_embedding_dim;
  std::int64_t num_train_timesteps = 1000;
  double freq_shift = 0;
  bool flip_sin_to_cos = true, center_input_sample = false;
  std::int64_t num_class_embeds = 0;
  std::optional<std::int64_t> class_label;
};

// F(x_t, t): x_t in the units of the scheduler, t the time step, fractions allowed (a learned
// embedding is interpolated between whole steps).
class Unet2d : public Architecture {
 public:
  // `stated`: the config that this was read from.
  Unet2d(const Unet2dConfig& config, Json stated);

  std::string name() const override { return "unet2d"; }
  Json config() const override { return stated_; }
  WeightShapes weight_shapes() const override;
  torch::Tensor forward(const Layers& layers, const torch::Tensor& x, double t) const override;
  int channels() const override { return config_.in_channels; }
  double full_width() const override { return static_cast<double>(config_.block_out_channels[0]); }
  int alignment() const override { return 1 << (config_.block_out_channels.size() - 1); }
  std::optional<int> picture_size() const override { return config_.sample_size; }

 private:
  enum class Kind { residual, attention, down, up };
  struct Part {
    Kind kind;
    std::string name;
    std::int64_t in, out;
    int resampling = 0;       // of a residual block: -1 down, 1 up
    std::int64_t groups = 0;  // of an attention's norm; 0: none
    double divisor = 1;       // of the sum with the input
    bool takes_skip = false, leaves_skip = false;
  };

  void plan();
  void add_shapes(WeightShapes& shapes, const Part& part) const;
  torch::Tensor embed(const Layers& layers, double t) const;
  torch::Tensor run(const Layers& layers, const Part& part, const torch::Tensor& x,
                    const torch::Tensor& embedding) const;
  torch::Tensor run_residual(const Layers& layers, const Part& part, const torch::Tensor& x,
                             const torch::Tensor& embedding) const;
  torch::Tensor run_attention(const Layers& layers, const Part& part, const torch::Tensor& x) const;
  std::int64_t embedding_size() const;

  Unet2dConfig config_;
  Json stated_;
  std::vector<Part> parts_;
};

// `stated` is the config.json; without it an error says that it is needed.
InferArchitecture infer_unet2d;

}  // namespace restore
