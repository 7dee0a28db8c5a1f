#include "operators/noise/poisson_gaussian_noise.h"

#include <fmt/core.h>

#include "librestore/model/random.h"
#include "operators/noise/poisson_noise.h"

namespace restore {

torch::Tensor PoissonGaussianNoise::sample(const torch::Tensor& z, Rng& rng) const {
  check_means(z, dark_mean(gain_), describe());
  const auto counts = poisson_counts(z / gain_, rng);
  return gain_ * counts + read_ * randn_like(rng, z);
}

torch::Tensor PoissonGaussianNoise::negative_log_likelihood(const torch::Tensor& y,
                                                            const torch::Tensor& z) const {
  const auto v = variance(z);
  return ((y - z).square() / v + v.log()).div(2).sum({1, 2, 3}, false, torch::kFloat64);
}

torch::Tensor PoissonGaussianNoise::gradient(const torch::Tensor& y, const torch::Tensor& z) const {
  const auto v = variance(z), slope = gain_ * (z > 0).to(z.scalar_type());
  return (z - y) / v + slope * (1 - (y - z).square() / v) / (2 * v);
}

torch::Tensor PoissonGaussianNoise::variance(const torch::Tensor& z) const {
  return gain_ * z.clamp_min(0) + read_ * read_;
}

Whitening PoissonGaussianNoise::whitening(const torch::Tensor& z, double floor) const {
  check_means(z, dark_estimate(gain_, read_), describe());
  return NoiseModel::whitening(z, floor);
}

std::string PoissonGaussianNoise::describe() const {
  return fmt::format("poisson-gaussian({}, {})", gain_, read_);
}

}  // namespace restore
