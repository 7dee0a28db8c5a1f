// Lu, Zhou, Bao, Chen, Li, Zhu 2022, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion
// Probabilistic Models", https://arxiv.org/abs/2211.01095
//
// Algorithm 2, DPM-Solver++(2M): the probability flow in lambda = -log sigma, where its linear part
// is solved exactly and D extrapolated from the last two calls. Second order at one call a step.
#pragma once

#include "priors/diffusion/sampler.h"

namespace restore {

class DpmSolver : public Sampler {
 protected:
  const char* name() const override { return "dpm++2m"; }
  torch::Tensor descend(const std::vector<double>& sigmas, torch::Tensor x,
                        Walk& walk) const override;
};

}  // namespace restore
