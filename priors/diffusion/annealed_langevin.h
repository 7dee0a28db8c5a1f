// Song, Ermon 2019, "Generative Modeling by Estimating Gradients of the Data Distribution",
// https://arxiv.org/abs/1907.05600
//
// Algorithm 1: at each noise level some steps of Langevin dynamics on the score,
//   x <- x + a_i / 2 s(x, sigma_i) + sqrt(a_i) z,  a_i = step sigma_i^2,
// the paper's a_i with step = epsilon / sigma_L^2 (0.2 there). After the last level, where it is
// followed by 0, x0_hat: the noise that is left would be seen.
// Jolicoeur-Martineau, Piche-Taillefer, Tachet des Combes, Mitliagkas 2021, "Adversarial score
// matching and improved sampling for image generation", https://arxiv.org/abs/2009.05475
#pragma once

#include "librestore/core/parameters.h"
#include "priors/diffusion/sampler.h"

namespace restore {

struct AnnealedLangevinOptions {
  int iterations = 5;  // a level
  double step = 0.2;   // of sigma_i^2; 4 and more is unstable
};

class AnnealedLangevin : public Sampler {
 public:
  using Options = AnnealedLangevinOptions;
  static const Parameters<Options>& parameters();
  explicit AnnealedLangevin(const Options& options = {}) : options_(options) {}

 protected:
  const char* name() const override { return "langevin"; }
  torch::Tensor descend(const std::vector<double>& sigmas, torch::Tensor x,
                        Walk& walk) const override;

 private:
  Options options_;
};

}  // namespace restore
