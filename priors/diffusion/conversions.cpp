#include "priors/diffusion/conversions.h"

#include <cmath>

#include "librestore/core/error.h"
#include "librestore/model/random.h"

namespace restore {

torch::Tensor eps_from_x0(const torch::Tensor& x_t, const torch::Tensor& x0, NoiseLevel t) {
  return (x_t - t.alpha * x0) / t.sigma;
}

torch::Tensor x0_from_eps(const torch::Tensor& x_t, const torch::Tensor& eps, NoiseLevel t) {
  return (x_t - t.sigma * eps) / t.alpha;
}

torch::Tensor v_from_x0(const torch::Tensor& x_t, const torch::Tensor& x0, NoiseLevel t) {
  return t.alpha * eps_from_x0(x_t, x0, t) - t.sigma * x0;
}

torch::Tensor x0_from_v(const torch::Tensor& x_t, const torch::Tensor& v, NoiseLevel t) {
  // alpha x_t - sigma v = (alpha^2 + sigma^2) x0
  return (t.alpha * x_t - t.sigma * v) / (t.alpha * t.alpha + t.sigma * t.sigma);
}

torch::Tensor score_from_x0(const torch::Tensor& x_t, const torch::Tensor& x0, NoiseLevel t) {
  return (t.alpha * x0 - x_t) / (t.sigma * t.sigma);
}

torch::Tensor x0_from_score(const torch::Tensor& x_t, const torch::Tensor& score, NoiseLevel t) {
  return (x_t + t.sigma * t.sigma * score) / t.alpha;
}

torch::Tensor ve_from_vp(const torch::Tensor& x_t, NoiseLevel t) { return x_t / t.alpha; }

torch::Tensor vp_from_ve(const torch::Tensor& x, NoiseLevel t) { return t.alpha * x; }

torch::Tensor denoise_at(const Denoiser& D, const torch::Tensor& x_t, NoiseLevel t) {
  return D.denoise(ve_from_vp(x_t, t), t.ve_sigma());
}

torch::Tensor corrupt(const torch::Tensor& x0, NoiseLevel t, Rng& rng) {
  return t.alpha * x0 + t.sigma * randn_like(rng, x0);
}

torch::Tensor corrupt_further(const torch::Tensor& x_s, NoiseLevel s, NoiseLevel t, Rng& rng) {
  // alpha_{t|s} = alpha_t / alpha_s, sigma_{t|s}^2 = sigma_t^2 - alpha_{t|s}^2 sigma_s^2
  const double alpha = t.alpha / s.alpha;
  const double variance = t.sigma * t.sigma - alpha * alpha * s.sigma * s.sigma;
  if (!(variance >= 0))
    throw usage_error("corruption: level {} has more noise than {}", s.ve_sigma(), t.ve_sigma());
  return alpha * x_s + std::sqrt(variance) * randn_like(rng, x_s);
}

}  // namespace restore
