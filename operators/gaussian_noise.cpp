#include "operators/gaussian_noise.h"

#include "librestore/core/error.h"
#include "librestore/linalg/inner_product.h"
#include "librestore/model/random.h"

namespace restore {

GaussianNoise::GaussianNoise(double sigma) : sigma_(sigma) {
  if (!(sigma >= 0) || !std::isfinite(sigma))
    throw usage_error("noise: the standard deviation must be 0 or more, got {}", sigma);
}

torch::Tensor GaussianNoise::sample(const torch::Tensor& z, Rng& rng) const {
  return z + sigma_ * randn_like(rng, z);
}

double GaussianNoise::positive_variance() const {
  if (sigma_ == 0) throw usage_error("noise: a standard deviation of 0 has no likelihood");
  return sigma_ * sigma_;
}

torch::Tensor GaussianNoise::negative_log_likelihood(const torch::Tensor& y,
                                                     const torch::Tensor& z) const {
  return squared_norm(y - z).flatten() / (2 * positive_variance());
}

torch::Tensor GaussianNoise::gradient(const torch::Tensor& y, const torch::Tensor& z) const {
  return (z - y) / positive_variance();
}

torch::Tensor GaussianNoise::variance(const torch::Tensor& z) const {
  return torch::full({1, 1, 1, 1}, sigma_ * sigma_, z.options());
}

std::string GaussianNoise::describe() const { return fmt::format("{}", sigma_); }

}  // namespace restore
