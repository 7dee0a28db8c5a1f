#include "priors/posterior/pnp_dm.h"

#include "priors/diffusion/ddim.h"

namespace restore {
namespace {

// Where a reverse diffusion from rho ends, as a share of rho: what noise is left the last call
// removes.
constexpr double kLastLevel = 0.05;

}  // namespace

const Parameters<PnpDmOptions>& PnpDm::parameters() {
  static const auto table = with_sampling_parameters<PnpDmOptions>({
      {{"diffusion_steps", "", 2, 1000, "steps of each reverse diffusion, a denoiser call each"},
       &PnpDmOptions::diffusion_steps},
      {{"iterations", "", 1, 1e5, "Langevin steps, where the operator is not linear"},
       &PnpDmOptions::iterations},
      {{"step", "", 1e-6, 2, "their length"}, &PnpDmOptions::step},
  });
  return table;
}

Result PnpDm::run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                  Observer* observer) const {
  const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
    // The diffusion from the last rho still has to go down within the prior's range.
    const auto range = prior.sigma_range();
    const auto rhos = noise_levels(options_, {2 * range.minimum, range.maximum});
    const auto step = [&](const torch::Tensor& x, double rho, double) -> Move {
      // z ~ p(y | z) N(z; x, rho^2 I)
      const auto z = draw_likelihood(item, x, rho, options_, stream);
      // x ~ p(x0 | x0 + rho n = z)
      SamplingOptions inner = options_;
      inner.steps = options_.diffusion_steps;
      inner.sigma_max = rho;
      inner.sigma_min = kLastLevel * rho;
      const Ddim reverse({.eta = options_.eta});
      const auto [state, summary] = reverse.run(prior, noise_levels(inner, range), z, stream);
      return {state, state, summary.denoiser_calls};
    };
    return descend("pnp-dm", item, rhos, initial_state(item, 0, n, stream), watch, step);
  };
  return draw_samples(measurement, options_.samples, rng, observer, draw);
}

}  // namespace restore
