// Euler's method on the probability flow dx / dsigma = (x - D(x, sigma)) / sigma, with churn: first
// order in the number of steps. The paper is churn.h's.
#pragma once

#include "priors/diffusion/churn.h"

namespace restore {

class Euler : public Sampler {
 public:
  using Options = ChurnOptions;
  static const Parameters<Options>& parameters();
  explicit Euler(const Options& options = {}) : options_(options) {}

 protected:
  const char* name() const override { return "euler"; }
  torch::Tensor descend(const std::vector<double>& sigmas, torch::Tensor x,
                        Walk& walk) const override;

 private:
  Options options_;
};

}  // namespace restore
