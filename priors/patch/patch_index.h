// The local score machine over more patches than can be compared one by one: an inverted file.
//
// Jegou, Douze, Schmid 2011, "Product quantization for nearest neighbor search",
//   https://doi.org/10.1109/TPAMI.2010.57 (section IV.B: the coarse quantizer and its lists)
//
// k-means puts the patches into about 2 sqrt(K) cells. A window of the picture is compared with the
// middles of all cells and with the patches of the kProbes nearest of them; the softmax of
// priors/patch/local_score.h is taken over those. What is left out weighs exp(-d^2 / (2 sigma^2))
// of patches further away: tests/unit/patch_prior_test.cpp measures it, docs/plug-and-play.md tells
// it.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace restore {

class PatchIndex {
 public:
  static constexpr int kProbes = 32;

  // patches: K x C x p x p, float32, p odd, K >= 1.
  explicit PatchIndex(const torch::Tensor& patches);

  // D(x, sigma) as local_mmse gives it, over the patches of the nearest cells. x: N x C x H x W,
  // float32; sigma > 0. Windows that the frame cuts are compared over what is left of them.
  torch::Tensor mmse(const torch::Tensor& x, double sigma) const;

  std::int64_t cells() const { return static_cast<std::int64_t>(first_.size()) - 1; }

 private:
  std::int64_t channels_, side_, stride_;  // stride_: floats of a patch, filled up with zeros
  std::vector<std::int64_t> first_;        // cells + 1: where a cell's patches begin
  std::vector<float> middles_;             // cells x stride_
  std::vector<float> members_;             // K x stride_, cell by cell
  std::vector<float> centres_;             // K x C, the pixel in the middle
};

}  // namespace restore
