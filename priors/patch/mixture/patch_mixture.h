// A Gaussian mixture over patches of 8 x 8 grey values, their mean taken out.
//
// Zoran, Weiss 2011, "From learning models of natural image patches to whole image restoration",
//   https://doi.org/10.1109/ICCV.2011.6126278
//
//   p(z) = sum_k w_k N(z; 0, C_k),   z = patch - its mean
// A component is a texture, an edge of one direction, a gradient, or the flat.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <torch/types.h>

#include "priors/patch/mixture/mixture_kernels.h"

namespace restore {

constexpr int kPatchSide = 8, kPatchValues = kPatchSide * kPatchSide;

struct PatchMixture {
  torch::Tensor weights;      // K, float64, positive, sum 1
  torch::Tensor covariances;  // K x 64 x 64, float64, positive semidefinite, [0,1]^2 units

  std::int64_t size() const { return weights.size(0); }
};

// C_k = sum_i l_ki u_ki u_ki^T: computed once for a mixture, used at every noise level.
struct MixtureSpectra {
  std::vector<double> log_weights;  // K
  std::vector<std::vector<double>>
      eigenvalues;                          // K x 63, falling, >= 0; that of the mean is left out
  std::vector<std::vector<float>> vectors;  // K x (63 x 64), a row an eigenvector
};

MixtureSpectra spectra_of(const PatchMixture& mixture);

// The mixture seen through noise: N(z; 0, C_k + s^2 I).
//
// Eigenvalues that noise makes alike need no eigenvectors: the smallest of each component, as many
// as keep sum ((l_i + s^2) / (l + s^2) - 1)^2 <= 0.05 around their mean l, are replaced by it. Of a
// patch of the component that changes the log-density by a standard deviation of
// sqrt(0.05 / 2) = 0.16.
//
// Parameswaran, Deledalle, Denis, Nguyen 2018, "Accelerating GMM-based patch priors for image
//   restoration: three ingredients for a 100x speed-up", https://arxiv.org/abs/1710.08124
class NoisyMixture {
 public:
  static constexpr int kGroup = 32;  // patches looked at side by side

  // s: the noise, [0,1] units. Eigenvalues below `floor` are taken for it.
  NoisyMixture(const MixtureSpectra& spectra, double s, double floor = 0);

  int size() const { return static_cast<int>(ranks_.size()); }
  // log w_k N(z_i; 0, C_k + s^2 I) but for a constant. z: 64 x kGroup; out: size() x kGroup.
  void log_densities(const float* z, float* out) const;
  // The likeliest component of each of the patches; `guess` is tried first.
  std::array<int, kGroup> likeliest(const float* z, int guess) const;
  // z = C_k (C_k + s^2 I)^-1 z, the mean of the clean patch were it one of component k. z: 64
  // values.
  void shrink(int k, float* z) const;
  double mean_rank() const;

 private:
  kernels::MixtureTable table() const;

  std::vector<int> ranks_;             // K, multiples of 4: filled up with rows of no effect
  std::vector<std::size_t> first_;     // K, where the component's rows begin
  std::vector<float> rows_;            // sum of ranks x 64
  std::vector<float> quads_;           // the same, four rows side by side: (rank / 4) x 64 x 4
  std::vector<float> excess_, gains_;  // sum of ranks; what the rows have over the tail
  std::vector<float> tails_, tail_gains_, offsets_;  // K
};

}  // namespace restore
