// For every window of a picture, the window of an exemplar that it becomes.
//
// Granot, Feinstein, Shocher, Bagon, Irani 2022, "Drop the GAN: in defense of patches nearest
// neighbors as single image generative models", https://arxiv.org/abs/2103.15545 (equation 1: the
// normalised distance)
//
//   match(Q) = argmin_k d(Q, P_k) / (alpha + min_Q' d(Q', P_k)),   d(Q, P) = ||Q - P||^2
// over all windows Q' of the picture: what of the exemplar the picture does not show yet counts as
// near, so that all of it comes in, where the plain nearest neighbour falls for the few smoothest
// windows.
//
// d is taken between the first 32 principal components of the exemplar's windows, over all pairs.
// Which match comes out depends on neither the number of threads nor the order of the windows.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace restore {

// A window is named by its first pixel.
struct WindowPlace {
  std::int32_t y = 0, x = 0;
  bool operator==(const WindowPlace&) const = default;
};

class WindowSearch {
 public:
  static constexpr int kSide = 7;

  // exemplar: 1 x C x H x W, float32, H and W at least kSide.
  explicit WindowSearch(const torch::Tensor& exemplar);

  // The exemplar's window for each of `windows` of x. x: 1 x C x h x w, float32; alpha: of the sum
  // over a window's values, > 0.
  std::vector<WindowPlace> matches(const torch::Tensor& x, const std::vector<WindowPlace>& windows,
                                   double alpha) const;

 private:
  struct Projected {
    std::vector<float> components, norms;  // a row a window
  };
  void find_components(const torch::Tensor& exemplar);
  Projected project_all(const torch::Tensor& x, const std::vector<WindowPlace>& windows,
                        std::int64_t padded) const;
  std::vector<float> weights(const Projected& queries, double alpha) const;

  std::int64_t values_;              // of a window
  std::vector<WindowPlace> places_;  // of the exemplar's windows
  std::vector<float> mean_, basis_;  // values_; values_ x components
  std::vector<float> keys_, norms_;  // in blocks, window_kernels.h
};

// Every step-th window of a height x width picture in each direction, and the last ones.
std::vector<WindowPlace> windows_of(std::int64_t height, std::int64_t width, std::int64_t step);

}  // namespace restore
