#include "priors/diffusion/sampler.h"

#include "librestore/core/error.h"
#include "librestore/core/interrupt.h"
#include "librestore/model/random.h"

namespace restore {

Walk::Walk(const char* sampler, int steps, const Denoiser& D, Rng& rng, Observer* observer)
    : sampler_(sampler), steps_(steps), D_(D), rng_(rng), observer_(observer) {
  summary_.message = fmt::format("{}: {} noise levels", sampler, steps);
}

torch::Tensor Walk::denoise(const torch::Tensor& x_t, double sigma_t) {
  ++summary_.denoiser_calls;
  return D_.denoise(x_t, sigma_t);
}

torch::Tensor Walk::noise(const torch::Tensor& x) { return randn_like(rng_, x); }

bool Walk::proceed(const torch::Tensor& x0_hat, double sigma_t) {
  throw_if_interrupted();
  ++summary_.iterations;
  if (!x0_hat.isfinite().all().item<bool>()) {
    summary_.termination = Termination::diverged;
    summary_.message = fmt::format("{}: not a finite picture at step {}, sigma {:.4g}", sampler_,
                                   summary_.iterations, sigma_t);
    return false;
  }
  if (!observer_) return true;
  const StepReport report{summary_.iterations, steps_, sigma_t, 0, 0, &x0_hat};
  if (observer_->step(report)) return true;
  summary_.termination = Termination::stopped;
  summary_.message = fmt::format("{}: stopped at step {}", sampler_, summary_.iterations);
  return false;
}

Samples Sampler::run(const Denoiser& D, const std::vector<double>& sigmas, const torch::Tensor& x,
                     Rng& rng, Observer* observer) const {
  if (sigmas.size() < 2) throw usage_error("{}: two noise levels at least", name());
  for (std::size_t i = 1; i < sigmas.size(); ++i)
    if (!(sigmas[i] >= 0 && sigmas[i] < sigmas[i - 1] && std::isfinite(sigmas[i - 1])))
      throw usage_error("{}: noise levels fall strictly and are not negative, not {} after {}",
                        name(), sigmas[i], sigmas[i - 1]);
  Walk walk(name(), static_cast<int>(sigmas.size()) - 1, D, rng, observer);
  auto end = descend(sigmas, x, walk);
  return {std::move(end), walk.summary()};
}

}  // namespace restore
