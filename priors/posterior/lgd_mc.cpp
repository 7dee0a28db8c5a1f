#include "priors/posterior/lgd_mc.h"

#include <array>
#include <bit>

#include "librestore/linalg/inner_product.h"
#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {
namespace {

// Where a noise level's draws begin in a stream: in its upper half, which no sampler's own steps
// reach, with room for all draws above.
std::uint32_t first_step(double sigma) {
  const auto bytes = std::bit_cast<std::array<unsigned char, sizeof sigma>>(sigma);
  return 0x80000000U | (static_cast<std::uint32_t>(stable_hash(bytes)) & 0x3fffffffU);
}

}  // namespace

const Parameters<LgdMcOptions>& LgdMc::parameters() {
  static const auto table = with_sampling_parameters<LgdMcOptions>({
      {{"draws", "", 1, 1e4, "clean pictures that stand for one state"}, &LgdMcOptions::draws},
      {{"s", "[0,1]", 1e-3, 1e3, "standard deviation of the prior's pictures"}, &LgdMcOptions::s},
  });
  return table;
}

LgdMc::LgdMc(const Measurement& measurement, const Denoiser& prior, const Options& options,
             const Rng& rng)
    : PosteriorDenoiser(measurement, prior),
      A_(*measurement.A),
      D_(mmse_prior(prior, kName)),
      sigma_y_(floored_sigma(measurement)),
      options_(options),
      rng_(rng) {}

torch::Tensor LgdMc::denoise(const torch::Tensor& x, double sigma) const {
  const auto [x0_hat, vjp] = D_.linearize(x, sigma);
  const double r = sigma * options_.s / std::hypot(options_.s, sigma);
  const double variance = sigma_y_ * sigma_y_;
  Rng rng = rng_;
  rng.set_step(first_step(sigma));
  // sum_j w_j and sum_j w_j A'^T (y - A(x_j)) / sigma_y^2 with w_j = p(y | x_j) over the largest so
  // far
  torch::Tensor largest, weight, pull;
  for (int j = 0; j < options_.draws; ++j) {
    const auto x_j = x0_hat + r * randn_like(rng, x);
    const auto residual = y_for(x) - A_.apply(x_j);
    const auto log_likelihood = -0.5 * squared_norm(residual) / variance;
    if (j == 0) {
      largest = log_likelihood;
      weight = torch::zeros_like(largest);
      pull = torch::zeros_like(x);
    }
    const auto larger = torch::maximum(largest, log_likelihood);
    const auto fade = (largest - larger).exp(), w = (log_likelihood - larger).exp();
    weight = fade * weight + w;
    pull = fade.to(x.scalar_type()) * pull +
           w.to(x.scalar_type()) * (A_.vjp(x_j, residual) / variance);
    largest = larger;
  }
  // D + sigma_t^2 J^T sum_j w_j A'^T (y - A(x_j)) / (sigma_y^2 sum_j w_j)
  return x0_hat + sigma * sigma * vjp(pull / weight.to(x.scalar_type()));
}

}  // namespace restore
