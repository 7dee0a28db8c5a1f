#include "priors/posterior/ddnm_plus.h"

#include "librestore/model/random.h"
#include "librestore/solve/plug_and_play.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {

const Parameters<DdnmPlusOptions>& DdnmPlus::parameters() {
  static const auto table = with_sampling_parameters<DdnmPlusOptions>(
      {
          {{"smallest", "", 0, 1e3, "singular value that counts; smaller ones are taken for zero"},
           &DdnmPlusOptions::smallest},
      },
      FreshNoise::needed);
  return table;
}

Result DdnmPlus::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                     Observer* observer) const {
  require_fresh_noise(options_, "ddnm+");
  const auto& A = spectral_operator(measurement, "ddnm+");
  const double sigma_y = floored_sigma(measurement);
  const auto all = A.singular_values().to(measurement.y.scalar_type());
  const auto s = torch::where(all >= options_.smallest, all, torch::zeros_like(all));

  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto s_ybar = A.Ut(item.y);
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
      const double v = options_.fresh_variance(sigma_t, sigma_s);
      const double kept = std::sqrt(std::max(0.0, sigma_s * sigma_s - v)) / sigma_t;
      const double a = 1 - kept;
      const auto D = prior.denoise(x_t, sigma_t);
      const auto x0_hat = A.Vt(D);
      // lambda / s = min(1 / s, sqrt(v) / (a sigma_y)), 0 where nothing is measured
      const auto lambda_over_s =
          torch::where(s > 0, (1 / s).clamp_max(std::sqrt(v) / (a * sigma_y)), 0 * s);
      const auto guided = x0_hat + lambda_over_s * (s_ybar - s * x0_hat);
      // v - (a lambda sigma_y / s)^2
      const auto fresh = (v - (a * sigma_y * lambda_over_s).square()).clamp_min(0);
      const auto x_s = a * guided + kept * A.Vt(x_t) + fresh.sqrt() * randn_like(stream, x_t);
      return {A.V(x_s), A.V(guided)};
    };
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    return descend("ddnm+", item, sigmas, initial_state(item, sigmas[0], n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
