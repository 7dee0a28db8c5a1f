#include "operators/noise/gaussian_noise.h"

#include "librestore/core/error.h"
#include "librestore/model/random.h"

namespace restore {

GaussianNoise::GaussianNoise(double sigma)
    : GaussianNoise(torch::full({1, 1, 1, 1}, sigma, torch::kFloat64), fmt::format("{}", sigma)) {
  root_mean_variance_ = sigma;  // without the rounding of a square and a root
}

GaussianNoise::GaussianNoise(const torch::Tensor& sigma, std::string description)
    : sigma_(sigma),
      root_mean_variance_(std::sqrt(sigma_.square().mean(torch::kFloat64).item<double>())),
      description_(std::move(description)) {
  if (!(sigma_.ge(0) & sigma_.isfinite()).all().item<bool>())
    throw usage_error("noise: the standard deviation must be 0 or more, got {}",
                      sigma_.numel() == 1 ? description_ : "less in " + description_);
}

void GaussianNoise::check_fits(const Shape& shape) const {
  const auto fits = [](std::int64_t given, std::int64_t measured) {
    return given == 1 || given == measured;
  };
  const Shape own = shape_of(sigma_);
  if (!fits(own.channels, shape.channels) || !fits(own.height, shape.height) ||
      !fits(own.width, shape.width))
    throw usage_error("noise {}: given for {} (channels x height x width), the measurement is {}",
                      description_, own.to_string(), shape.to_string());
}

torch::Tensor GaussianNoise::sigma_for(const torch::Tensor& z) const {
  check_fits(shape_of(z));
  return sigma_.to(z.scalar_type());
}

std::shared_ptr<const NoiseModel> GaussianNoise::part(const Window& window,
                                                      const Shape& whole) const {
  check_fits(whole);
  auto cut = sigma_;
  if (cut.size(2) > 1) cut = cut.narrow(2, window.y0, window.height);
  if (cut.size(3) > 1) cut = cut.narrow(3, window.x0, window.width);
  return std::make_shared<GaussianNoise>(cut, description_);
}

torch::Tensor GaussianNoise::sample(const torch::Tensor& z, Rng& rng) const {
  return z + sigma_for(z) * randn_like(rng, z);
}

torch::Tensor GaussianNoise::positive_variance(const torch::Tensor& z) const {
  if (!sigma_.gt(0).all().item<bool>())
    throw usage_error("noise: a standard deviation of 0 has no likelihood");
  return sigma_for(z).square();
}

torch::Tensor GaussianNoise::negative_log_likelihood(const torch::Tensor& y,
                                                     const torch::Tensor& z) const {
  return ((y - z).square() / (2 * positive_variance(z))).sum({1, 2, 3}, false, torch::kFloat64);
}

torch::Tensor GaussianNoise::gradient(const torch::Tensor& y, const torch::Tensor& z) const {
  return (z - y) / positive_variance(z);
}

torch::Tensor GaussianNoise::variance(const torch::Tensor& z) const {
  return sigma_for(z).square();
}

}  // namespace restore
