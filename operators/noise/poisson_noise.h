// Photon counting: y = gain k, k ~ Poisson(z / gain). The gain is what one count adds to a pixel.
#pragma once

#include "librestore/model/noise_model.h"

namespace restore {

// Counts with the means `rate`, by inversion of one uniform number each, from the mode outwards
// (Kemp, Kemp 1991, "Poisson random variate generation", https://doi.org/10.2307/2347913); some
// sqrt(rate) steps. Below a probability of 2^-24 the tails are cut. Negative rates count as 0.
torch::Tensor poisson_counts(const torch::Tensor& rate, Rng& rng);

// A count has no negative mean. A few values that an operator's side lobes take below 0 count as 0;
// usage error when what is negative in z is more than three tenths of it all (sum of absolute
// values), as with operators that measure differences, and more than `dark` a value: what is 0 is
// negative by rounding, and an estimate of it by its error. `noise`: what describe() answers.
void check_means(const torch::Tensor& z, double dark, const std::string& noise);

// `dark` for exact means: those of no light, a thousandth of a count as in the likelihood.
double dark_mean(double gain);
// For estimates of them: the standard deviation of a pixel to which one photon comes, with read
// noise besides.
double dark_estimate(double gain, double read);

class PoissonNoise : public NoiseModel {
 public:
  // gain > 0 in [0,1] units.
  explicit PoissonNoise(double gain) : gain_(gain) {}

  // One step of the stream. Usage error as check_means(), of exact means.
  torch::Tensor sample(const torch::Tensor& z, Rng& rng) const override;
  // sum (z - y log z) / gain, z taken as at least a thousandth of a count.
  torch::Tensor negative_log_likelihood(const torch::Tensor& y,
                                        const torch::Tensor& z) const override;
  // (1 - y / z) / gain; 0 below a thousandth of a count.
  torch::Tensor gradient(const torch::Tensor& y, const torch::Tensor& z) const override;
  // gain z
  torch::Tensor variance(const torch::Tensor& z) const override;
  // Usage error as check_means(), of estimates.
  Whitening whitening(const torch::Tensor& z, double floor) const override;
  double sigma() const override { return std::sqrt(gain_ / 2); }
  std::string describe() const override;

 private:
  double gain_;
};

}  // namespace restore
