// Conditioning turns a denoiser into a denoiser.
//
//   D(x, sigma | y) = E[x0 | x, y] = D(x, sigma) + sigma^2 grad_x log p(y | x),   x = x0 + sigma n
//
// with D the prior's. p(y | x) = E[p(y | x0) | x] has no closed form; the published methods differ
// in what they put in its place. Any unconditional sampler takes the result.
#pragma once

#include "librestore/model/denoiser.h"
#include "librestore/model/measurement.h"
#include "librestore/model/spectral_operator.h"

namespace restore {

// Refers to the prior, which outlives it. Items of x are states of independent samples that explain
// the same y (batch 1). x: K x input_shape of A.
class PosteriorDenoiser : public Denoiser {
 public:
  // The measurement reaches everywhere.
  std::optional<int> receptive_field() const final { return {}; }
  SigmaRange sigma_range() const final { return prior_.sigma_range(); }
  std::string name() const final { return prior_.name() + " given y"; }

 protected:
  PosteriorDenoiser(const Measurement& measurement, const Denoiser& prior)
      : measurement_(measurement), prior_(prior) {}

  // y, once for each item of x.
  torch::Tensor y_for(const torch::Tensor& x) const;

 private:
  Measurement measurement_;
  const Denoiser& prior_;
};

// The rungs that methods ask for; usage errors that name `method` where the ladder ends below.
const MmseDenoiser& mmse_prior(const Denoiser& prior, const char* method);
const SpectralOperator& spectral_operator(const Measurement& measurement, const char* method);

}  // namespace restore
