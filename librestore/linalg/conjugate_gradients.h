// Preconditioned conjugate gradients for symmetric positive (semi)definite maps.
// Hestenes, Stiefel 1952; https://doi.org/10.6028/jres.049.044
#pragma once

#include <functional>

#include <torch/types.h>

namespace restore {

using LinearMap = std::function<torch::Tensor(const torch::Tensor&)>;

struct CgOptions {
  double tolerance =
      1e-6;  // stop when ||b - M x|| <= tolerance * ||b||, for each item of the batch
  int max_iterations = 100;
  LinearMap
      preconditioner;  // an approximation of M^-1, symmetric positive definite; none: identity
};

struct CgResult {
  torch::Tensor x;
  int iterations = 0;
  double relative_residual = 0;  // the worst of the batch
  bool converged = false;
};

// Solves M x = b from `x0` (undefined: zero). N x C x H x W, float32 or float64. Items are
// independent: one that has converged is frozen, so a result never depends on the batch it was in.
CgResult conjugate_gradients(const LinearMap& M, const torch::Tensor& b,
                             const torch::Tensor& x0 = {}, const CgOptions& options = {});

}  // namespace restore
