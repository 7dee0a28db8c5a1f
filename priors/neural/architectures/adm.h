// Dhariwal, Nichol 2021, "Diffusion Models Beat GANs on Image Synthesis",
// https://arxiv.org/abs/2105.05233: ADM, a U-net of residual blocks with attention at low
// resolutions. Tensors are named as in the authors' guided-diffusion, which DPS, ILVR, DiffPIR and
// many others took over.
#pragma once

#include "priors/neural/architectures/architecture.h"

namespace restore {

struct AdmConfig {
  int channels = 3;
  bool learned_variance = true;       // twice as many channels come out
  std::int64_t model_channels = 128;  // of the time embedding
  std::vector<std::int64_t> width;    // a level, from full resolution down
  std::vector<bool> attends;          // has attention: a level
  int blocks = 1;           // residual blocks a level on the way down; one more on the way up
  bool scale_shift = true;  // the level scales and shifts the second norm, or shifts before it
  bool residual_resampling = true;  // by residual blocks, or by convolutions
  std::int64_t head_channels = 64;  // of an attention head; 0: `heads` of them
  std::int64_t heads = 4;
  bool new_attention_order = false;  // q, k, v outside the heads
  std::int64_t classes = 0;
  std::optional<std::int64_t> class_label;  // of the pictures, where there are classes
  std::optional<int> picture_size;          // px

  // guided-diffusion's ffhq_10m and 256x256_diffusion_uncond.
  static AdmConfig ffhq_256();
  static AdmConfig imagenet_256();
};

// F(x_t, t): x_t = alpha x0 + sigma n in [-1,1] units, t the time step, fractions allowed.
class Adm : public Architecture {
 public:
  explicit Adm(const AdmConfig& config);

  std::string name() const override { return "adm"; }
  Json config() const override;
  WeightShapes weight_shapes() const override;
  torch::Tensor forward(const Layers& layers, const torch::Tensor& x, double t) const override;
  int channels() const override { return config_.channels; }
  double full_width() const override { return static_cast<double>(config_.width[0]); }
  int alignment() const override { return 1 << (config_.width.size() - 1); }
  std::optional<int> picture_size() const override { return config_.picture_size; }

 private:
  enum class Kind { stem, residual, attention, down, up };
  struct Part {
    Kind kind;
    std::string name;
    std::int64_t in, out;
    int resampling = 0;  // of a residual block: -1 down, 1 up
  };
  using Stage = std::vector<Part>;

  void plan();
  torch::Tensor run(const Layers& layers, const Stage& stage, torch::Tensor h,
                    const torch::Tensor& embedding) const;
  torch::Tensor run_residual(const Layers& layers, const Part& part, const torch::Tensor& x,
                             const torch::Tensor& embedding) const;
  torch::Tensor run_attention(const Layers& layers, const Part& part, const torch::Tensor& x) const;
  void add_shapes(WeightShapes& shapes, const Part& part) const;

  AdmConfig config_;
  std::vector<Stage> input_, output_;
  Stage middle_;
};

// `stated` may set heads, head_channels, new_attention_order, picture_size and class; without it
// they are those of the authors' published networks with as many levels.
InferArchitecture infer_adm;

}  // namespace restore
