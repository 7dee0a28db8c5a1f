// x0 ~ N(m, C): the prior whose denoiser, score and posterior are all known.
//
//   D(x, sigma) = m + C (C + sigma^2 I)^-1 (x - m)
//
// Computed in float64; the result has the type of x.
#pragma once

#include "librestore/core/rng.h"
#include "librestore/model/denoiser.h"
#include "librestore/model/measurement.h"
#include "priors/exact/covariance.h"

namespace restore {

class Gaussian : public MmseDenoiser {
 public:
  // mean: C x H x W, as many values as the covariance has rows.
  Gaussian(const torch::Tensor& mean, CovariancePointer covariance);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  Linearization linearize(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return {}; }
  std::string name() const override { return "gaussian"; }

  // log N(x; m, C + sigma^2 I), the density of x0 + sigma n: N, float64.
  torch::Tensor log_density(const torch::Tensor& x, double sigma) const;
  // n independent draws, N x C x H x W; draw k is sample rng.sample() + k.
  torch::Tensor draw(Rng& rng, std::int64_t n, torch::ScalarType type = torch::kFloat64) const;

  const torch::Tensor& mean() const { return mean_; }  // C x H x W, float64
  const CovariancePointer& covariance() const { return covariance_; }
  Shape shape() const { return shape_of(mean_); }

 private:
  torch::Tensor gain(double sigma) const;  // lambda / (lambda + sigma^2)
  torch::Tensor apply(const torch::Tensor& x, const torch::Tensor& gain) const;

  torch::Tensor mean_;
  CovariancePointer covariance_;
};

// x0 | y, in closed form; measurement as priors/exact/conditioning.h takes it.
Gaussian posterior(const Gaussian& prior, const Measurement& measurement);
// log p(y).
double log_evidence(const Gaussian& prior, const Measurement& measurement);

}  // namespace restore
