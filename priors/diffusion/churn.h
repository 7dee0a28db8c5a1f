// Karras, Aittala, Aila, Laine 2022, "Elucidating the Design Space of Diffusion-Based Generative
// Models", https://arxiv.org/abs/2206.00364
//
// Churn (algorithm 2, lines 4 to 6): before a step some noise is added, up to sigma_hat, and the
// step starts there. S_churn = 0 leaves the probability flow, a deterministic map of the first
// state.
#pragma once

#include "librestore/core/parameters.h"
#include "priors/diffusion/sampler.h"

namespace restore {

struct ChurnOptions {
  double S_churn = 0;
  double S_min = 0, S_max = kUnbounded;  // [0,1], the levels that are churned
  double S_noise = 1;
};

struct Churned {
  torch::Tensor x_hat;
  double sigma_hat;
};

// x_hat = x + S_noise sqrt(sigma_hat^2 - sigma_t^2) n,  sigma_hat = (1 + gamma) sigma_t,
// gamma = min(S_churn / steps, sqrt(2) - 1) for S_min <= sigma_t <= S_max, else 0.
Churned churn(const ChurnOptions& options, const torch::Tensor& x, double sigma_t,
              std::size_t steps, Walk& walk);

template <typename Options>
Parameters<Options> churn_parameters() {
  return {
      {{"S_churn", "", 0, 1e5, "noise added on the way, over all steps"}, &Options::S_churn},
      {{"S_min", "[0,1]", 0, kUnbounded, "lowest level that gets it"}, &Options::S_min},
      {{"S_max", "[0,1]", 0, kUnbounded, "highest level that gets it"}, &Options::S_max},
      {{"S_noise", "", 0, 10, "its standard deviation, in units of the right one"},
       &Options::S_noise},
  };
}

}  // namespace restore
