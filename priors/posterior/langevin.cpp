#include "priors/posterior/langevin.h"

#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {

const Parameters<PosteriorLangevinOptions>& PosteriorLangevin::parameters() {
  static const auto table = with_sampling_parameters<PosteriorLangevinOptions>({
      {{"iterations", "", 1, 1e5, "steps at a noise level, a denoiser call each"},
       &PosteriorLangevinOptions::iterations},
      {{"step", "", 1e-6, 2, "their length"}, &PosteriorLangevinOptions::step},
  });
  return table;
}

Result PosteriorLangevin::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                              Observer* observer) const {
  const auto& A = *measurement.A;
  const auto& D = mmse_prior(prior, "langevin");
  const double sigma_y = floored_sigma(measurement), norm = A.norm();

  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
      const double variance = sigma_y * sigma_y + sigma_t * sigma_t;
      const double h = options_.step / (1 / (sigma_t * sigma_t) + norm * norm / variance);
      auto x = x_t;
      for (int i = 0; i < options_.iterations; ++i) {
        const auto gradient = D.score(x, sigma_t) + A.vjp(x, item.y - A.apply(x)) / variance;
        x = x + h * gradient + std::sqrt(2 * h) * randn_like(stream, x);
      }
      const bool last = sigma_s == 0;
      if (last) x = D.denoise(x, sigma_t);
      return {x, x, options_.iterations + last};
    };
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    return descend("langevin", item, sigmas, initial_state(item, sigmas[0], n, stream), watch,
                   step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
