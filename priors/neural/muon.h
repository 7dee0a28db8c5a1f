// Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/): a weight matrix moves
// along its momentum with every singular value set to about one, so that no direction starves.
//
//   m <- mu m + (1 - mu) g,   W -= rate 0.2 sqrt(max(rows, columns)) O(mu m + (1 - mu) g),
//
// O(U S V^T) ~ U V^T. The factor gives the step the root mean square of Adam's, so that one
// learning rate serves both (Liu et al. 2025, https://arxiv.org/abs/2502.16982, Section 2.2).
#pragma once

#include <torch/types.h>

namespace restore {

// rows x columns -> the same, float32, singular values between 0.6 and 1.2 (where they were not
// tiny beside the largest): five steps of a Newton-Schulz iteration of degree 5, in `type`.
torch::Tensor orthogonalise(const torch::Tensor& matrix, torch::ScalarType type);

// One step for `weights` (rows x ..., the rest flattened to columns) and its moving average.
// `mean`: m. All float32, all updated in place; `average_rate`: 1 - decay of the average.
struct MuonStep {
  double momentum, rate, average_rate;
  torch::ScalarType type;  // of the iteration's products
};
void muon_step(const MuonStep& step, const torch::Tensor& gradient, torch::Tensor weights,
               torch::Tensor mean, torch::Tensor average);

}  // namespace restore
