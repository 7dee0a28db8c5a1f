// Noise schedules as data: x_t = alpha_t x0 + sigma_t n, from the most noise to none.
//
// Every schedule falls strictly in noise-to-signal sigma / alpha and ends at {1, 0}, the clean
// image; `steps` counts the levels with noise. Samplers take ve_sigmas(): one denoiser serves all
// schedules, because x_t / alpha_t = x0 + (sigma_t / alpha_t) n. Part of what the library offers:
// the tools need only edm_schedule() and the tables of beta.
#pragma once

#include <vector>

namespace restore {

struct NoiseLevel {
  double alpha = 1, sigma = 0;  // [0,1] units

  // The noise of x_t / alpha_t, the variance-exploding state.
  double ve_sigma() const { return sigma / alpha; }
  // log(alpha^2 / sigma^2): rises along a schedule, infinite at its end.
  double log_snr() const;
};

using Schedule = std::vector<NoiseLevel>;

// sigma_t / alpha_t of every level, ending in 0.
std::vector<double> ve_sigmas(const Schedule& schedule);

// `steps` of the levels with noise, evenly spaced by index, the first and the last among them, and
// the clean end. 1 <= steps <= levels with noise.
Schedule respaced(const Schedule& schedule, int steps);

// --- Variance preserving: alpha^2 + sigma^2 = 1. ---

// alpha_t^2 = prod_{s<=t} (1 - beta_s), from the table beta_1 ... beta_T in (0,1).
// Ho, Jain, Abbeel 2020, "Denoising Diffusion Probabilistic Models",
// https://arxiv.org/abs/2006.11239
Schedule ddpm_schedule(const std::vector<double>& betas);

// T values from beta_1 to beta_T, evenly. DDPM's defaults; in the other order the falling table of
// https://arxiv.org/abs/2308.07983.
std::vector<double> linear_betas(int T = 1000, double beta_1 = 1e-4, double beta_T = 0.02);

// alpha_t^2 = f(t/T) / f(0), f(u) = cos^2((u + s) / (1 + s) pi / 2), s = 0.008, beta <= 0.999.
// Nichol, Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models",
// https://arxiv.org/abs/2102.09672, equation 17
std::vector<double> cosine_betas(int T = 1000);

// The stochastic differential equations, t from 1 to t_min evenly.
// Song, Sohl-Dickstein, Kingma, Kumar, Ermon, Poole 2021, "Score-Based Generative Modeling through
// Stochastic Differential Equations", https://arxiv.org/abs/2011.13456, appendix B
struct VpOptions {
  double beta_min = 0.1, beta_max = 20;
  double t_min = 1e-3;
};
// log alpha(t) = -t^2 (beta_max - beta_min) / 4 - t beta_min / 2, sigma^2 = 1 - alpha^2
Schedule vp_schedule(int steps, const VpOptions& options = {});

// --- Others. ---

// The same alpha(t), sigma = 1 - alpha^2: less noise than VP.
Schedule sub_vp_schedule(int steps, const VpOptions& options = {});

// alpha = 1, sigma_i = sigma_max (sigma_min / sigma_max)^(i / (steps - 1)). steps >= 2.
Schedule ve_schedule(int steps, double sigma_min = 0.01, double sigma_max = 50);

// alpha = 1, steps >= 2,
//   sigma_i = (sigma_max^(1/rho) + i / (steps - 1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho
// Karras, Aittala, Aila, Laine 2022, "Elucidating the Design Space of Diffusion-Based Generative
// Models", https://arxiv.org/abs/2206.00364, equation 5
Schedule edm_schedule(int steps, double sigma_min = 0.002, double sigma_max = 80, double rho = 7);

}  // namespace restore
