#include "priors/posterior/snips.h"

#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {

const Parameters<SnipsOptions>& Snips::parameters() {
  static const auto table = with_sampling_parameters<SnipsOptions>({
      {{"iterations", "", 1, 1e5, "steps at a noise level, a denoiser call each"},
       &SnipsOptions::iterations},
      {{"step", "", 1e-6, 2, "their length"}, &SnipsOptions::step},
  });
  return table;
}

Result Snips::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                  Observer* observer) const {
  const auto& D = mmse_prior(prior, "snips");
  const auto& A = spectral_operator(measurement, "snips");
  const double sigma_y = floored_sigma(measurement), c = options_.step;
  const auto s = A.singular_values().to(measurement.y.scalar_type());

  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto Uty = A.Ut(item.y);
    const auto ybar = torch::where(s > 0, Uty / s, torch::zeros_like(s));
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
      const double variance = sigma_t * sigma_t;
      const auto known = s * sigma_t > sigma_y;
      // 1 - s^2 sigma_t^2 / sigma_y^2, and s (y~ - s x~) / sigma_y^2 times sigma_t^2. Where s
      // sigma_t is sigma_y but for rounding, the differences are 0 but for rounding, and no
      // variance is negative.
      const auto rest = torch::where(known, torch::zeros_like(s),
                                     (1 - (s * (sigma_t / sigma_y)).square()).clamp_min(0));
      const auto pull = [&](const torch::Tensor& x) {
        return variance / (sigma_y * sigma_y) * s * (Uty - s * x);
      };
      // a
      const auto unit =
          torch::where(known, (variance - (sigma_y / s).square()).clamp_min(0), variance * rest);
      auto x = A.Vt(x_t);
      for (int i = 0; i < options_.iterations; ++i) {
        // a score(x~ | y), with sigma_t^2 score = D - x
        const auto D_x = A.Vt(D.denoise(A.V(x), sigma_t));
        const auto drift = torch::where(known, ybar - x, pull(x) + rest * (D_x - x));
        x = x + c * drift + (2 * c * unit).sqrt() * randn_like(stream, x);
      }
      const bool last = sigma_s == 0;
      if (last) x = torch::where(known, ybar, A.Vt(D.denoise(A.V(x), sigma_t)));
      const auto x_s = A.V(x);
      return {x_s, x_s, options_.iterations + last};
    };
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    return descend("snips", item, sigmas, initial_state(item, sigmas[0], n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
