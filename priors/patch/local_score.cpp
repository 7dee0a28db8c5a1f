// Kamb, Ganguli 2025, "An analytic theory of creativity in convolutional diffusion models",
// https://arxiv.org/abs/2412.20292
#include "priors/patch/local_score.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace restore {
namespace {

constexpr std::int64_t kBlockValues = 1 << 24;  // of log-weights at once: 64 MB in float32
constexpr std::int64_t kBlockPatches = 512;

// libtorch's own choice for small kernels is a BLAS, which may be the slow reference one.
torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t padding) {
  if (x.is_cpu() && x.scalar_type() == torch::kFloat32 && at::hasMKLDNN())
    return at::mkldnn_convolution(x, weight, {}, {padding, padding}, {1, 1}, {1, 1}, 1);
  return at::conv2d(x, weight, {}, {1, 1}, {padding, padding});
}

// [x; 1]: a channel of ones, which zero padding turns off outside the frame.
torch::Tensor with_ones(const torch::Tensor& x) {
  return torch::cat({x, torch::ones_like(x.slice(1, 0, 1))}, 1);
}

// The softmax average of the centres, one block of patches after the other.
class RunningSoftmax {
 public:
  // logits: N x K x H x W; centres: K x C x 1 x 1.
  void add(const torch::Tensor& logits, const torch::Tensor& centres) {
    const auto block_maximum = logits.amax(1, true);
    const auto maximum =
        maximum_.defined() ? torch::maximum(maximum_, block_maximum) : block_maximum;
    // [sum_k e^{l_k - m} c_k; sum_k e^{l_k - m}]
    auto sums = convolve((logits - maximum).exp_(), with_ones(centres).transpose(0, 1), 0);
    if (maximum_.defined()) sums += sums_ * (maximum_ - maximum).exp();
    maximum_ = maximum;
    sums_ = sums;
  }
  torch::Tensor average() const {
    const auto channels = sums_.size(1) - 1;
    return sums_.slice(1, 0, channels) / sums_.slice(1, channels);
  }

 private:
  torch::Tensor maximum_, sums_;
};

// x: with half a window of context above and below, as far as there is any; the rows are `first` to
// `last` of it.
torch::Tensor rows_of_mmse(const torch::Tensor& x, const torch::Tensor& weights,
                           const torch::Tensor& centres, std::int64_t first, std::int64_t last) {
  RunningSoftmax softmax;
  const auto half = weights.size(3) / 2;
  for (std::int64_t k = 0; k < weights.size(0); k += kBlockPatches) {
    const auto logits =
        convolve(x, weights.slice(0, k, k + kBlockPatches), half).slice(2, first, last);
    softmax.add(logits, centres.slice(0, k, k + kBlockPatches));
  }
  return softmax.average();
}

}  // namespace

torch::Tensor patches_of(const torch::Tensor& picture, const torch::Tensor& known, int p) {
  const auto C = picture.size(1);
  const auto all = picture[0].unfold(1, p, 1).unfold(2, p, 1);  // C x H' x W' x p x p
  const auto patches = all.permute({1, 2, 0, 3, 4}).reshape({-1, C, p, p});
  if (!known.defined()) return patches;
  const auto whole = (known[0][0] > 0).unfold(0, p, 1).unfold(1, p, 1).flatten(2).all(2);
  return patches.index_select(0, whole.flatten().nonzero().flatten());
}

torch::Tensor local_mmse(const torch::Tensor& x, double sigma, const torch::Tensor& patches) {
  // -||x - P_k||^2 / (2 s^2) = <x, P_k> / s^2 - ||P_k||^2 / (2 s^2) + what all k share; pixels less
  // one half, for the rounding. The second term is a convolution of the frame's ones.
  constexpr double kGrey = 0.5;
  const double precision = 1 / (sigma * sigma);
  const auto P = patches - kGrey;
  const auto weights =
      torch::cat({precision * P, -precision / 2 * P.square().sum(1, true)}, 1).contiguous();
  const std::int64_t half = patches.size(3) / 2, H = x.size(2);
  const auto centres = patches.slice(2, half, half + 1).slice(3, half, half + 1).contiguous();
  const auto padded = with_ones(x - kGrey);

  const auto block = std::max<std::int64_t>(
      1, kBlockValues / (x.size(0) * x.size(3) * std::min(kBlockPatches, patches.size(0))));
  std::vector<torch::Tensor> rows;
  for (std::int64_t y = 0; y < H; y += block) {
    const auto from = std::max<std::int64_t>(0, y - half), to = std::min(H, y + block + half);
    const auto end = std::min(H, y + block);
    rows.push_back(rows_of_mmse(padded.slice(2, from, to).contiguous(), weights, centres, y - from,
                                end - from));
  }
  return torch::cat(rows, 2);
}

}  // namespace restore
