// Networks trained on the time steps 0 ... T-1 of a variance-preserving schedule, pixels in [-1,1]:
//   x_t = alpha_t x0 + sigma_t n,  alpha_t^2 = prod_{s<=t} (1 - beta_s),  sigma_t^2 = 1-alpha_t^2.
// Ho, Jain, Abbeel 2020, "Denoising Diffusion Probabilistic Models",
// https://arxiv.org/abs/2006.11239
#pragma once

#include "priors/neural/checkpoint/parametrization.h"

namespace restore {

// Any sigma is served: x becomes the state of its noise-to-signal s = sigma_t / alpha_t, and the
// time step is interpolated, linearly in log s, to a fraction. With alpha = 1 / sqrt(1 + s^2),
// sigma = s alpha:
//   epsilon:       x0 = x - s F
//   v_prediction:  x0 = alpha (alpha x) - sigma F
//                  (Salimans, Ho 2022, https://arxiv.org/abs/2202.00512)
//   sample:        x0 = F
// A variance that the network learned with it, in further channels of F, is left aside.
class DiscreteDiffusion : public Parametrization {
 public:
  // Entries as in the scheduler_config.json of diffusers, with its defaults: num_train_timesteps,
  // beta_start, beta_end, beta_schedule (linear, scaled_linear, squaredcos_cap_v2, sigmoid),
  // trained_betas, rescale_betas_zero_snr, prediction_type. Item error for others' values.
  DiscreteDiffusion(const Json& config, const std::string& where);

  torch::Tensor denoise(const NetworkFunction& F, const torch::Tensor& x,
                        double sigma) const override;
  SigmaRange sigma_range() const override;
  Json config() const override { return config_; }

  // The fractional time step of the noise-to-signal s, clamped to the table. Rises with s.
  double time_step(double s) const;

 private:
  enum class Prediction { epsilon, v, sample };

  Json config_;
  Prediction prediction_;
  std::vector<double> log_s_;  // of the time steps; finite, rising
};

}  // namespace restore
