#include "priors/posterior/repaint.h"

#include "librestore/model/random.h"

namespace restore {

const Parameters<RepaintOptions>& Repaint::parameters() {
  static const auto table = with_sampling_parameters<RepaintOptions>({
      {{"resamplings", "", 1, 1000, "times that every step is taken"},
       &RepaintOptions::resamplings},
  });
  return table;
}

Result Repaint::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                    Observer* observer) const {
  const auto& A = measurement.linear("repaint");
  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto known = A.pseudo_inverse(item.y);
    const auto step = [&](const torch::Tensor& x, double sigma_t, double sigma_s) -> Move {
      const double v = options_.fresh_variance(sigma_t, sigma_s);
      auto x_t = x;
      for (int u = 1;; ++u) {
        const auto x0_hat = prior.denoise(x_t, sigma_t);
        const auto free = reverse_step(x_t, x0_hat, sigma_t, sigma_s, v, stream);
        // A^+ y + sigma_s n
        const auto noised = known + sigma_s * randn_like(stream, free);
        const auto x_s = free + A.pseudo_inverse(A.apply(noised - free));
        if (u == options_.resamplings) return {x_s, x0_hat, u};
        // x_t = x_s + sqrt(sigma_t^2 - sigma_s^2) n
        x_t = x_s + std::sqrt(sigma_t * sigma_t - sigma_s * sigma_s) * randn_like(stream, x_s);
      }
    };
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    return descend("repaint", item, sigmas, initial_state(item, sigmas[0], n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
