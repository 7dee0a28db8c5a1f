// Song, Zhang, Yin, Mardani, Liu, Kautz, Chen, Vahdat 2023, "Loss-Guided Diffusion Models for
// Plug-and-Play Controllable Generation", https://proceedings.mlr.press/v202/song23k.html, equation
// 7
//
//   p(y | x_t) ~ 1/n sum_j p(y | x_j),   x_j = D + r_t z_j,
//   r_t^2 = sigma_t^2 s^2 / (s^2 + sigma_t^2)
//
// and with weights w_j ~ p(y | x_j) the guidance is sigma_t^2 J^T sum_j w_j A'^T (y - A(x_j)) /
// sigma_y^2. Few draws fall short of E[p(y | x0) | x_t] where the data are good; A may be any
// differentiable map. The z_j are functions of the run's stream (seed, item, sample, place) and of
// the noise level, so that D is one function of x and overlapping parts of a picture see the same.
#pragma once

#include "librestore/core/rng.h"
#include "priors/posterior/posterior_denoiser.h"
#include "priors/posterior/sampling.h"

namespace restore {

struct LgdMcOptions : SamplingOptions {
  int draws = 10;
  double s = 0.5;  // standard deviation of the prior, [0,1]
};

class LgdMc : public PosteriorDenoiser {
 public:
  using Options = LgdMcOptions;
  static constexpr bool kPullbacks = true;
  static constexpr const char* kName = "lgd-mc";
  static const Parameters<Options>& parameters();

  // Needs an MMSE prior; costs one vjp a call. Item n of x is sample rng.sample() + n.
  LgdMc(const Measurement& measurement, const Denoiser& prior, const Options& options,
        const Rng& rng);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;

 private:
  const Operator& A_;
  const MmseDenoiser& D_;
  double sigma_y_;
  LgdMcOptions options_;
  Rng rng_;
};

}  // namespace restore
