// x ~ exp(-||y - A(x)||^2 / 2 sigma_y^2 - ||x - c||^2 / 2 r^2): the data's half of split samplers.
#pragma once

#include <torch/types.h>

#include "librestore/core/rng.h"
#include "librestore/model/measurement.h"

namespace restore {

struct LikelihoodDrawOptions {
  int iterations = 100;
  double step = 0.1;  // stable below 2
};

// One draw for each item of `centre`; y: batch 1. For a linear A a draw without error,
//   x = argmin ||y + sigma_y z_1 - A x||^2 / sigma_y^2 + ||x - c - r z_2||^2 / r^2
// (Papandreou, Yuille 2010, "Gaussian sampling by local perturbations"), else Langevin dynamics
// started at c,
//   x <- x - h grad(energy) + sqrt(2 h) z,  h = step / (1 / r^2 + ||A||^2 / sigma_y^2).
torch::Tensor draw_likelihood(const Measurement& item, const torch::Tensor& centre, double r,
                              const LikelihoodDrawOptions& langevin, Rng& rng);

}  // namespace restore
