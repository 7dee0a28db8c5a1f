#include "priors/posterior/ddrm.h"

#include "librestore/model/random.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {

const Parameters<DdrmOptions>& Ddrm::parameters() {
  static const auto table = with_sampling_parameters<DdrmOptions>({
      {{"eta_b", "", 0, 1, "weight of the data while the state is noisier than they are"},
       &DdrmOptions::eta_b},
  });
  return table;
}

Result Ddrm::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                 Observer* observer) const {
  const auto& A = spectral_operator(measurement, "ddrm");
  const double sigma_y = measurement.sigma_y();
  const double eta = options_.eta, eta_b = options_.eta_b;
  const auto s = A.singular_values().to(measurement.y.scalar_type());
  // A coefficient under the rounding of the largest is not measured.
  const auto measured = s > 1e-6 * s.max();

  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto s_ybar = A.Ut(item.y);
    // Coefficients that the data know better than a state of this noise level: sigma_s >= sigma_y /
    // s
    const auto known_at = [&](double sigma) { return measured & (s * sigma >= sigma_y); };
    const auto ybar_at = [&](double sigma) {
      return torch::where(known_at(sigma), s_ybar / s, torch::zeros_like(s));
    };
    const auto noise_at = [&](double sigma) {  // sigma_y / s, 0 where it is not known
      return torch::where(known_at(sigma), sigma_y / s, torch::zeros_like(s));
    };

    torch::Tensor coefficients;  // V^T x_t
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
      const auto D = prior.denoise(x_t, sigma_t);
      const auto x0_hat = A.Vt(D);
      const auto eps_hat = (coefficients - x0_hat) / sigma_t;
      const auto z = randn_like(stream, x_t);
      // (ybar - x0_hat) / (sigma_y / s)
      const auto eps_y = (s_ybar - s * x0_hat) / sigma_y;
      const auto unknown =
          x0_hat + std::sqrt(1 - eta * eta) * sigma_s * torch::where(measured, eps_y, eps_hat) +
          eta * sigma_s * z;
      const auto noise = eta_b * noise_at(sigma_s);
      const auto known = (1 - eta_b) * x0_hat + eta_b * ybar_at(sigma_s) +
                         (sigma_s * sigma_s - noise.square()).clamp_min(0).sqrt() * z;
      coefficients = torch::where(known_at(sigma_s), known, unknown);
      return {A.V(coefficients), D};
    };

    const auto sigmas = noise_levels(options_, prior.sigma_range());
    // x_T: N(ybar, sigma_T^2 - sigma_y^2 / s^2) where sigma_T >= sigma_y / s
    const double sigma_T = sigmas[0];
    const auto z = randn(stream, A.input_shape(), n, item.y.scalar_type());
    const auto centre =
        torch::where(known_at(sigma_T), ybar_at(sigma_T), A.Vt(A.initial_estimate(item.y)));
    coefficients =
        centre + (sigma_T * sigma_T - noise_at(sigma_T).square()).clamp_min(0).sqrt() * z;
    return descend("ddrm", item, sigmas, A.V(coefficients), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
