#include "priors/posterior/mcg.h"

#include "librestore/model/random.h"
#include "priors/posterior/dps.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {

const Parameters<McgOptions>& Mcg::parameters() {
  static const auto table = with_sampling_parameters<McgOptions>({
      {{"alpha", "", 0, 1e3, "length of the step towards the data"}, &McgOptions::alpha},
      {{"s", "[0,1]", 1e-3, 1e3, "unit of the pixels, half their range"}, &McgOptions::s},
  });
  return table;
}

Result Mcg::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                Observer* observer) const {
  const auto& A = measurement.linear("mcg");
  const auto& D = mmse_prior(prior, "mcg");
  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto known = A.pseudo_inverse(item.y);
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
      const double v = options_.fresh_variance(sigma_t, sigma_s);
      const auto [free, x0_hat, calls] =
          dps_step(item, D, x_t, sigma_t, sigma_s, v, options_.alpha, options_.s, stream);
      // (I - P) x'_s + P (A^+ y + sigma_s n)
      const auto noised = known + sigma_s * randn_like(stream, free);
      return {free + A.pseudo_inverse(A.apply(noised - free)), x0_hat, calls};
    };
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    return descend("mcg", item, sigmas, initial_state(item, sigmas[0], n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
