#include "priors/posterior/red_diff.h"

#include "librestore/model/random.h"
#include "priors/posterior/adam.h"

namespace restore {

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
    Adam adam(start);
    const auto step = [&](const torch::Tensor& mu, double sigma_t, double) -> Move {
      const auto x_t = mu + sigma_t * randn_like(stream, mu);
      // g = A'^T (A(mu) - y) + lambda (mu - D(x_t, sigma_t))
      const auto g = item.A->vjp(mu, item.A->apply(mu) - item.y) +
                     options_.lambda * (mu - prior.denoise(x_t, sigma_t));
      const auto next = mu - options_.learning_rate * adam.direction(g);
      return {next, next};
    };
    return descend("red-diff", item, noise_levels(options_, prior.sigma_range()), start, watch,
                   step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
