#include "operators/noise/quantisation_noise.h"

#include <fmt/core.h>

#include "librestore/model/random.h"

namespace restore {

QuantisationNoise::QuantisationNoise(int bits)
    : bits_(bits), step_(1 / (std::exp2(static_cast<double>(bits)) - 1)) {}

torch::Tensor QuantisationNoise::sample(const torch::Tensor& z, Rng& rng) const {
  return step_ * (z / step_ + rand(rng, shape_of(z), z.size(0), z.scalar_type())).floor();
}

torch::Tensor QuantisationNoise::remainder(const torch::Tensor& y, const torch::Tensor& z) const {
  return (step_ - (y - z).abs()).clamp_min(0);
}

torch::Tensor QuantisationNoise::negative_log_likelihood(const torch::Tensor& y,
                                                         const torch::Tensor& z) const {
  return -(remainder(y, z) / step_).log().sum({1, 2, 3}, false, torch::kFloat64);
}

torch::Tensor QuantisationNoise::gradient(const torch::Tensor& y, const torch::Tensor& z) const {
  return (z - y).sign() / remainder(y, z);
}

torch::Tensor QuantisationNoise::variance(const torch::Tensor& z) const {
  const auto f = z / step_ - (z / step_).floor();
  return step_ * step_ * f * (1 - f);
}

std::string QuantisationNoise::describe() const { return fmt::format("quantisation({})", bits_); }

}  // namespace restore
