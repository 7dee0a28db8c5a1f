// A method out of a posterior denoiser: reverse diffusion from noise to D( . | y).
#pragma once

#include <type_traits>

#include "librestore/model/method.h"
#include "priors/posterior/sampling.h"

namespace restore {

// `Conditioned`: a PosteriorDenoiser with its Options, kName, parameters() and kPullbacks, whether
// it asks its prior for them. One call of it a step. In the limit of many steps the samples are
// exact where D( . | y) is.
template <typename Conditioned>
class GuidedSampler : public Method {
 public:
  using Options = typename Conditioned::Options;
  static const Parameters<Options>& parameters() { return Conditioned::parameters(); }

  explicit GuidedSampler(const Options& options = {}) : options_(options) {}
  PriorUse prior_use() const override { return {.pullbacks = Conditioned::kPullbacks}; }

  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const override {
    const auto draw = [&](const Measurement& item, Rng& stream, std::int64_t n, Observer* watch) {
      const auto D = conditioned(item, prior, stream);
      const auto step = [&](const torch::Tensor& x_t, double sigma_t, double sigma_s) -> Move {
        // x0_hat = E[x0 | x_t, y]
        const auto x0_hat = D.denoise(x_t, sigma_t);
        const double v = options_.fresh_variance(sigma_t, sigma_s);
        return {reverse_step(x_t, x0_hat, sigma_t, sigma_s, v, stream), x0_hat};
      };
      const auto sigmas = noise_levels(options_, prior.sigma_range());
      return descend(Conditioned::kName, item, sigmas, initial_state(item, sigmas[0], n, stream),
                     watch, step);
    };
    return draw_samples(measurement, options_.samples, rng, observer, draw);
  }

 private:
  // One that draws is told whose numbers.
  Conditioned conditioned(const Measurement& item, const Denoiser& prior, const Rng& rng) const {
    if constexpr (std::is_constructible_v<Conditioned, const Measurement&, const Denoiser&,
                                          const Options&, const Rng&>)
      return Conditioned(item, prior, options_, rng);
    else
      return Conditioned(item, prior, options_);
  }

  Options options_;
};

}  // namespace restore
