// Ho, Jain, Abbeel 2020, "Denoising Diffusion Probabilistic Models",
// https://arxiv.org/abs/2006.11239
//
// Ancestral sampling: x_{t-1} ~ q(x_{t-1} | x_t, x0 = x0_hat), equations 6 and 7 with sigma_t^2 the
// posterior variance beta_tilde_t.
#pragma once

#include "priors/diffusion/sampler.h"

namespace restore {

class Ddpm : public Sampler {
 protected:
  const char* name() const override { return "ddpm"; }
  torch::Tensor descend(const std::vector<double>& sigmas, torch::Tensor x,
                        Walk& walk) const override;
};

}  // namespace restore
