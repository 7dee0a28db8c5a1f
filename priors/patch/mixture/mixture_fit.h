// A patch mixture from photographs, by expectation and maximisation.
//
// Dempster, Laird, Rubin 1977, "Maximum likelihood from incomplete data via the EM algorithm",
//   https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
//
//   E: r_k(z) = w_k N(z; 0, C_k) / sum_j w_j N(z; 0, C_j)
//   M: w_k = mean_z r_k(z),   C_k = sum_z r_k(z) z z^T / sum_z r_k(z)
// with eigenvalues no smaller than that of rounding to 8 bits. A component begins as the covariance
// of the patches around one place of a photograph: an edge, a texture, a gradient.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "priors/patch/mixture/patch_mixture.h"

namespace restore {

struct MixtureFitOptions {
  int components = 200;              // the paper's
  std::int64_t patches = 1'000'000;  // from all photographs together
  int iterations = 40;               // the first three quarters with an eighth of the patches
  std::uint64_t seed = 0;            // of the places
};

// Patches without their means, and where components may begin.
struct PatchSample {
  torch::Tensor patches;  // N x 64, float32
  torch::Tensor starts;   // K x 64 x 64, float64, covariances
  int pictures = 0;
};

// From all photographs in `folder` and below: grey (Rec. 601), shrunk to about 640 pixels, as sharp
// as the prints and screens that pictures are made for. Each gives its share of patches from random
// places. ExitCode::no_input without pictures, item error for a damaged one.
PatchSample sample_patches(const std::filesystem::path& folder, const MixtureFitOptions& options);

// After every iteration: which one, and the mean log-density of a patch, per value, before it.
using FitReport = std::function<void(int iteration, double log_density)>;

PatchMixture fit_mixture(const PatchSample& sample, const MixtureFitOptions& options,
                         const FitReport& report = {});

}  // namespace restore
