// The largest eigenvalue of a symmetric positive semidefinite map, by the power method.
#pragma once

#include <torch/types.h>

#include "librestore/core/rng.h"
#include "librestore/linalg/conjugate_gradients.h"

namespace restore {

struct PowerMethodOptions {
  double tolerance = 1e-6;  // relative change of the eigenvalue between two iterations
  int max_iterations = 200;
};

struct PowerMethodResult {
  double eigenvalue = 0;  // a lower bound that converges from below
  int iterations = 0;
  bool converged = false;
};

// `shape` of the argument, batch 1: {1, C, H, W}; starts from a fixed random field.
PowerMethodResult largest_eigenvalue(const LinearMap& M, at::IntArrayRef shape,
                                     const torch::TensorOptions& options,
                                     const PowerMethodOptions& power = {});

}  // namespace restore
