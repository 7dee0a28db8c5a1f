// Song, Sohl-Dickstein, Kingma, Kumar, Ermon, Poole 2021, "Score-Based Generative Modeling through
// Stochastic Differential Equations", https://arxiv.org/abs/2011.13456
//
// Algorithms 2 and 4: the reverse diffusion discretised, and Langevin steps that put right what
// that did. The corrector's step is 2 (r |z| / |s|)^2 in the paper, the norms averages over a
// batch; here |z| / |s| = sigma_s, its value where noise prevails, so that no sample knows of
// another.
#pragma once

#include "librestore/core/parameters.h"
#include "priors/diffusion/sampler.h"

namespace restore {

struct PredictorCorrectorOptions {
  int corrections = 1;  // Langevin steps a level
  double r = 0.16;      // their signal-to-noise ratio, the paper's
};

class PredictorCorrector : public Sampler {
 public:
  using Options = PredictorCorrectorOptions;
  static const Parameters<Options>& parameters();
  explicit PredictorCorrector(const Options& options = {}) : options_(options) {}

 protected:
  const char* name() const override { return "pc"; }
  torch::Tensor descend(const std::vector<double>& sigmas, torch::Tensor x,
                        Walk& walk) const override;

 private:
  Options options_;
};

}  // namespace restore
