#include "operators/noise/correlated_noise.h"

#include <numbers>

#include <ATen/ATen.h>
#include <fmt/core.h>

#include "librestore/model/random.h"

namespace restore {
namespace {

// 4 sin^2(w/2) at the n frequencies of an axis: the spectrum of the second difference, negated.
torch::Tensor squared_frequencies(std::int64_t n) {
  const auto w =
      torch::arange(n, torch::kFloat64) * (2 * std::numbers::pi / static_cast<double>(n));
  return 4 * (w / 2).sin().square();
}

// F^-1 (F x) m for a real, even m on the half spectrum.
torch::Tensor filtered(const torch::Tensor& x, const torch::Tensor& m) {
  const std::vector<std::int64_t> size{x.size(2), x.size(3)};
  return at::fft_irfft2(at::fft_rfft2(x) * m, size);
}

}  // namespace

torch::Tensor CorrelatedNoise::power(const torch::Tensor& z) const {
  const auto w2 = squared_frequencies(z.size(2)).unsqueeze(1) + squared_frequencies(z.size(3));
  const auto shape = 1 / (1 + length_ * length_ * w2);
  const auto P = sigma_ * sigma_ * shape / shape.mean();
  return P.slice(1, 0, z.size(3) / 2 + 1).to(z.scalar_type());
}

torch::Tensor CorrelatedNoise::sample(const torch::Tensor& z, Rng& rng) const {
  return z + filtered(randn_like(rng, z), power(z).sqrt());
}

torch::Tensor CorrelatedNoise::negative_log_likelihood(const torch::Tensor& y,
                                                       const torch::Tensor& z) const {
  const auto e = y - z;
  return (e * filtered(e, power(z).reciprocal()) / 2).sum({1, 2, 3}, false, torch::kFloat64);
}

torch::Tensor CorrelatedNoise::gradient(const torch::Tensor& y, const torch::Tensor& z) const {
  return filtered(z - y, power(z).reciprocal());
}

torch::Tensor CorrelatedNoise::variance(const torch::Tensor& z) const {
  return torch::full({1, 1, 1, 1}, sigma_ * sigma_, z.options());
}

Whitening CorrelatedNoise::whitening(const torch::Tensor& z, double floor) const {
  const double level = std::max(sigma_, floor);
  return {level, level / power(z).clamp_min(floor * floor).sqrt(), true};
}

std::string CorrelatedNoise::describe() const {
  return fmt::format("correlated({}, {})", sigma_, length_);
}

}  // namespace restore
