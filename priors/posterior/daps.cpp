#include "priors/posterior/daps.h"

#include "librestore/model/random.h"

namespace restore {

const Parameters<DapsOptions>& Daps::parameters() {
  static const auto table = with_sampling_parameters<DapsOptions>({
      {{"ode_steps", "", 1, 1000, "Euler steps from a state to its estimate, a denoiser call each"},
       &DapsOptions::ode_steps},
      {{"s", "[0,1]", 1e-3, 1e3, "standard deviation of what a state leaves open"},
       &DapsOptions::s},
      {{"iterations", "", 1, 1e5, "Langevin steps, where the operator is not linear"},
       &DapsOptions::iterations},
      {{"step", "", 1e-6, 2, "their length"}, &DapsOptions::step},
  });
  return table;
}

Result Daps::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                 Observer* observer) const {
  const int ode_steps = options_.ode_steps;
  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    const double sigma_min = sigmas[sigmas.size() - 2];
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
      // dx / dsigma = (x - D) / sigma, on levels that fall by a constant ratio and end at 0
      auto x0_hat = x_t;
      double sigma = sigma_t;
      for (int i = 1; i <= ode_steps; ++i) {
        const double next =
            i == ode_steps ? 0 : sigma_t * std::pow(sigma_min / sigma_t, 1. * i / ode_steps);
        const auto D = prior.denoise(x0_hat, sigma);
        x0_hat = D + next / sigma * (x0_hat - D);
        sigma = next;
      }
      const double r = sigma_t * options_.s / std::hypot(options_.s, sigma_t);
      const auto x0 = draw_likelihood(item, x0_hat, r, options_, stream);
      return {sigma_s > 0 ? x0 + sigma_s * randn_like(stream, x0) : x0, x0, ode_steps};
    };
    return descend("daps", item, sigmas, initial_state(item, sigmas[0], n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
