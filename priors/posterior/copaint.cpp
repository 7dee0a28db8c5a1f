#include "priors/posterior/copaint.h"

#include "librestore/solve/plug_and_play.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {

const Parameters<CopaintOptions>& Copaint::parameters() {
  static const auto table = with_sampling_parameters<CopaintOptions>({
      {{"iterations", "", 1, 1e5, "steps towards the data before each reverse step"},
       &CopaintOptions::iterations},
      {{"step", "", 1e-6, 2, "their length"}, &CopaintOptions::step},
      {{"gamma", "", 0, 1e3, "error of an estimate, in units of its state's variance"},
       &CopaintOptions::gamma},
  });
  return table;
}

Result Copaint::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                    Observer* observer) const {
  const auto& A = *measurement.A;
  const auto& D = mmse_prior(prior, "copaint");
  const double sigma_y = floored_sigma(measurement), norm = A.norm();

  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
      const double variance = sigma_t * sigma_t;
      const double xi = sigma_y * sigma_y + options_.gamma * variance;
      const double h = options_.step / (1 / variance + norm * norm / xi);
      auto x = x_t;
      for (int i = 0; i < options_.iterations; ++i) {
        const auto [x0_hat, vjp] = D.linearize(x, sigma_t);
        // g = (x - x_t) / sigma_t^2 + J^T A'^T (A(x0_hat) - y) / xi_t^2
        const auto g = (x - x_t) / variance + vjp(A.vjp(x0_hat, A.apply(x0_hat) - item.y)) / xi;
        x = x - h * g;
      }
      const auto x0_hat = D.denoise(x, sigma_t);
      const double v = options_.fresh_variance(sigma_t, sigma_s);
      return {reverse_step(x, x0_hat, sigma_t, sigma_s, v, stream), x0_hat,
              options_.iterations + 1};
    };
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    return descend("copaint", item, sigmas, initial_state(item, sigmas[0], n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
