// Heun's method on the probability flow dx / dsigma = (x - D(x, sigma)) / sigma, with churn: second
// order in the number of steps, two calls of D a step but one in the step to 0. Algorithm 2 of the
// paper in churn.h.
#pragma once

#include "priors/diffusion/churn.h"

namespace restore {

class Heun : public Sampler {
 public:
  using Options = ChurnOptions;
  static const Parameters<Options>& parameters();
  explicit Heun(const Options& options = {}) : options_(options) {}

 protected:
  const char* name() const override { return "heun"; }
  torch::Tensor descend(const std::vector<double>& sigmas, torch::Tensor x,
                        Walk& walk) const override;

 private:
  Options options_;
};

}  // namespace restore
