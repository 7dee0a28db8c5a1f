#include "priors/posterior/dps.h"

#include "librestore/linalg/inner_product.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {

const Parameters<DpsOptions>& Dps::parameters() {
  static const auto table = with_sampling_parameters<DpsOptions>({
      {{"zeta", "", 0, 1e3, "length of the step towards the data"}, &DpsOptions::zeta},
      {{"s", "[0,1]", 1e-3, 1e3, "unit of the pixels, half their range"}, &DpsOptions::s},
  });
  return table;
}

Move dps_step(const Measurement& item, const MmseDenoiser& D, const torch::Tensor& x_t,
              double sigma_t, double sigma_s, double v, double zeta, double s, Rng& rng) {
  const auto [x0_hat, vjp] = D.linearize(x_t, sigma_t);
  const auto r = item.y - item.A->apply(x0_hat);
  // grad_x ||r||^2 = -2 J^T A'^T r
  const auto g = -2 * vjp(item.A->vjp(x0_hat, r));
  const auto norm = squared_norm(r).sqrt().clamp_min(1e-12).to(x_t.scalar_type());
  // Our state is the paper's times s / alpha_t, 1 / alpha_t = sqrt(1 + sigma_t^2 / s^2).
  const double scale = s * std::hypot(1, sigma_t / s) * std::hypot(1, sigma_s / s);
  // x_s = x'_s - zeta' / ||r|| grad ||r||^2
  return {reverse_step(x_t, x0_hat, sigma_t, sigma_s, v, rng) - zeta * scale * g / norm, x0_hat};
}

Result Dps::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                Observer* observer) const {
  const auto& D = mmse_prior(prior, "dps");
  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) {
      return dps_step(item, D, x_t, sigma_t, sigma_s, options_.fresh_variance(sigma_t, sigma_s),
                      options_.zeta, options_.s, stream);
    };
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    return descend("dps", item, sigmas, initial_state(item, sigmas[0], n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
