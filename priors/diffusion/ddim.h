// Song, Meng, Ermon 2021, "Denoising Diffusion Implicit Models", https://arxiv.org/abs/2010.02502
//
// Equation 12: x_s has the noise of x_t in the share that eta leaves, and fresh noise for the rest.
// eta = 0 is the probability flow by Euler's method, eta = 1 is ancestral sampling (ddpm).
#pragma once

#include "librestore/core/parameters.h"
#include "priors/diffusion/sampler.h"

namespace restore {

struct DdimOptions {
  double eta = 0;
};

class Ddim : public Sampler {
 public:
  using Options = DdimOptions;
  static const Parameters<Options>& parameters();
  explicit Ddim(const Options& options = {}) : options_(options) {}

 protected:
  const char* name() const override { return "ddim"; }
  torch::Tensor descend(const std::vector<double>& sigmas, torch::Tensor x,
                        Walk& walk) const override;

 private:
  Options options_;
};

}  // namespace restore
