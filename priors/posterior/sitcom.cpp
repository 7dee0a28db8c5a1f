#include "priors/posterior/sitcom.h"

#include "librestore/linalg/inner_product.h"
#include "librestore/model/random.h"
#include "priors/posterior/adam.h"
#include "priors/posterior/posterior_denoiser.h"

namespace restore {

const Parameters<SitcomOptions>& Sitcom::parameters() {
  static const auto table = with_sampling_parameters<SitcomOptions>({
      {{"iterations", "", 1, 1e5,
        "of Adam at a noise level, a denoiser call and its gradient each"},
       &SitcomOptions::iterations},
      {{"learning_rate", "", 1e-6, 10, "length of a step of Adam"}, &SitcomOptions::learning_rate},
      {{"lambda", "", 0, 1e3, "weight of staying near the state"}, &SitcomOptions::lambda},
      {{"s", "[0,1]", 1e-3, 1e3, "unit of the pixels, half their range"}, &SitcomOptions::s},
  });
  return table;
}

SitcomInput sitcom_input(const Measurement& item, const MmseDenoiser& D, const torch::Tensor& x_t,
                         double sigma_t, const SitcomOptions& options) {
  const double scale = std::hypot(options.s, sigma_t);  // our state in units of the paper's
  const double lambda = options.lambda * std::pow(options.s / scale, 2);
  const double noise = item.sigma_y() * item.sigma_y() * static_cast<double>(item.y.numel());
  auto v = x_t;
  Adam adam(x_t);
  int calls = 0;
  while (calls < options.iterations) {
    const auto [x0_hat, vjp] = D.linearize(v, sigma_t);
    ++calls;
    const auto r = item.A->apply(x0_hat) - item.y;
    const auto open = squared_norm(r) > noise;  // a sample each
    if (!open.any().item<bool>()) break;
    // grad = J^T A'^T r + lambda (v - x_t), half of the objective's
    const auto g = vjp(item.A->vjp(x0_hat, r)) + lambda * (v - x_t);
    v = torch::where(open, v - options.learning_rate * scale * adam.direction(g), v);
  }
  return {v, calls};
}

Result Sitcom::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                   Observer* observer) const {
  const auto& D = mmse_prior(prior, "sitcom");
  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
      const auto [v, calls] = sitcom_input(item, D, x_t, sigma_t, options_);
      const auto x0_hat = D.denoise(v, sigma_t);
      return {sigma_s > 0 ? x0_hat + sigma_s * randn_like(stream, x0_hat) : x0_hat, x0_hat,
              calls + 1};
    };
    const auto sigmas = noise_levels(options_, prior.sigma_range());
    return descend("sitcom", item, sigmas, initial_state(item, sigmas[0], n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
