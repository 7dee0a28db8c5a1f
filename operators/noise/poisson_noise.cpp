#include "operators/noise/poisson_noise.h"

#include <fmt/core.h>

#include "librestore/core/error.h"
#include "librestore/core/parallel.h"
#include "librestore/model/random.h"

namespace restore {
namespace {

constexpr double kLeastCount = 1e-3;
// Of single bright points bicubic filters make 13 % negative and Lanczos filters 23 %; a Hadamard
// transform makes some 50 % of any picture that is not flat.
constexpr double kMostNegative = 0.3;
constexpr std::int64_t kCountsPerTask = 1 << 12;

// The count that u in (0,1) falls on when the probabilities are laid end to end in the order mode,
// mode + 1, mode - 1, mode + 2, ... `peak` is the mode's.
double count_at(double u, double rate, double mode, double peak) {
  constexpr double kNegligible = 0x1p-53;
  double above = peak, below = peak;
  u -= peak;
  for (double k = 1; u > 0 && above + below > kNegligible; ++k) {
    above *= rate / (mode + k);  // p(n) = p(n - 1) rate / n
    u -= above;
    if (u <= 0) return mode + k;
    below *= std::max(mode - k + 1, 0.0) / rate;
    u -= below;
    if (u <= 0) return mode - k;
  }
  return mode;
}

}  // namespace

torch::Tensor poisson_counts(const torch::Tensor& rate, Rng& rng) {
  const auto u = rand(rng, shape_of(rate), rate.size(0), torch::kFloat64);
  const auto lambda = rate.to(torch::kFloat64).clamp_min(0).contiguous();
  const auto mode = lambda.floor();
  // log p(mode) = mode log rate - rate - log mode!
  const auto peak = (torch::xlogy(mode, lambda) - lambda - (mode + 1).lgamma()).exp();
  auto counts = torch::empty_like(lambda);
  const auto* uniform = u.data_ptr<double>();
  const auto* rates = lambda.data_ptr<double>();
  const auto* modes = mode.data_ptr<double>();
  const auto* peaks = peak.data_ptr<double>();
  auto* out = counts.data_ptr<double>();
  parallel_ranges(counts.numel(), kCountsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      out[i] = count_at(uniform[i], rates[i], modes[i], peaks[i]);
  });
  return counts.to(rate.scalar_type());
}

double dark_mean(double gain) { return kLeastCount * gain; }

double dark_estimate(double gain, double read) { return std::hypot(gain, read); }

void check_means(const torch::Tensor& z, double dark, const std::string& noise) {
  const auto values = z.to(torch::kFloat64);
  const double all = values.abs().sum().item<double>();
  const double negative = -values.clamp_max(0).sum().item<double>();
  if (negative > kMostNegative * all && negative > dark * static_cast<double>(values.numel()))
    throw usage_error(
        "noise {}: photons are counted where values are measured from 0 up, and {:.0f} % of this "
        "operator's are negative; give gaussian noise or another operator",
        noise, 100 * negative / all);
}

torch::Tensor PoissonNoise::sample(const torch::Tensor& z, Rng& rng) const {
  check_means(z, dark_mean(gain_), describe());
  return gain_ * poisson_counts(z / gain_, rng);
}

torch::Tensor PoissonNoise::negative_log_likelihood(const torch::Tensor& y,
                                                    const torch::Tensor& z) const {
  const auto mean = z.clamp_min(kLeastCount * gain_);
  return ((mean - y * mean.log()) / gain_).sum({1, 2, 3}, false, torch::kFloat64);
}

torch::Tensor PoissonNoise::gradient(const torch::Tensor& y, const torch::Tensor& z) const {
  const double least = kLeastCount * gain_;
  return ((1 - y / z.clamp_min(least)) / gain_).masked_fill(z < least, 0);
}

torch::Tensor PoissonNoise::variance(const torch::Tensor& z) const {
  return gain_ * z.clamp_min(0);
}

Whitening PoissonNoise::whitening(const torch::Tensor& z, double floor) const {
  check_means(z, dark_estimate(gain_, 0), describe());
  return NoiseModel::whitening(z, floor);
}

std::string PoissonNoise::describe() const { return fmt::format("poisson({})", gain_); }

}  // namespace restore
