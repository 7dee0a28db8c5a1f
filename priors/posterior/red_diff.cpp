#include "priors/posterior/red_diff.h"

#include "librestore/model/random.h"

namespace restore {
namespace {

// Adam's moments, the paper's beta.
constexpr double kBeta1 = 0.9, kBeta2 = 0.99, kEpsilon = 1e-8;

}  // namespace

const Parameters<RedDiffOptions>& RedDiff::parameters() {
  static const auto table = with_sampling_parameters<RedDiffOptions>({
      {{"lambda", "", 0, 1e3, "weight of the prior against the data"}, &RedDiffOptions::lambda},
      {{"learning_rate", "[0,1]", 1e-6, 10, "length of a step of Adam"},
       &RedDiffOptions::learning_rate},
  });
  return table;
}

Result RedDiff::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                    Observer* observer) const {
  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto start = initial_state(item, 0, n, stream);
    auto m = torch::zeros_like(start), v = torch::zeros_like(start);
    int k = 0;
    const auto step = [&](const torch::Tensor& mu, double sigma_t, double) -> Move {
      ++k;
      const auto x_t = mu + sigma_t * randn_like(stream, mu);
      // g = A'^T (A(mu) - y) + lambda (mu - D(x_t, sigma_t))
      const auto g = item.A->vjp(mu, item.A->apply(mu) - item.y) +
                     options_.lambda * (mu - prior.denoise(x_t, sigma_t));
      m = kBeta1 * m + (1 - kBeta1) * g;
      v = kBeta2 * v + (1 - kBeta2) * g.square();
      const auto m_hat = m / (1 - std::pow(kBeta1, k)), v_hat = v / (1 - std::pow(kBeta2, k));
      const auto next = mu - options_.learning_rate * m_hat / (v_hat.sqrt() + kEpsilon);
      return {next, next};
    };
    return descend("red-diff", item, noise_levels(options_, prior.sigma_range()), start, watch,
                   step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
