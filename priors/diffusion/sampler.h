// A sampler turns a denoiser into images: reverse diffusion along falling noise levels.
//
// States are x_t = x0 + sigma_t n (variance exploding); ve_sigmas() turns any schedule into levels,
// and a variance-preserving state is alpha_t times ours. The denoiser may be a prior's or, for the
// posterior, a conditioned one. Every move works on each value alone, so that sample k is the same
// bit for bit in any batch where the denoiser's is.
#pragma once

#include <memory>
#include <vector>

#include <torch/types.h>

#include "librestore/model/method.h"

namespace restore {

struct Samples {
  torch::Tensor x;  // N x C x H x W
  Summary summary;  // its residuals stay 0: nothing was measured
};

// One run: counts calls, watches numbers, tells the observer.
class Walk {
 public:
  Walk(const char* sampler, int steps, const Denoiser& D, Rng& rng, Observer* observer);

  // x0_hat = D(x_t, sigma_t)
  torch::Tensor denoise(const torch::Tensor& x_t, double sigma_t);
  // N(0, I) in the shape of x.
  torch::Tensor noise(const torch::Tensor& x);
  Rng& rng() { return rng_; }
  // The end of a step at sigma_t. False: the run ends with x0_hat.
  bool proceed(const torch::Tensor& x0_hat, double sigma_t);
  Summary summary() const { return summary_; }

 private:
  const char* sampler_;
  int steps_;
  const Denoiser& D_;
  Rng& rng_;
  Observer* observer_;
  Summary summary_;
};

class Sampler {
 public:
  virtual ~Sampler() = default;

  // x: N x C x H x W, states at sigmas.front(). Returns states at sigmas.back(); 0 there is a
  // sample of x0. sigmas: two or more, falling strictly, >= 0. `observer` may be null; a run that
  // it stops ends with its x0_hat.
  Samples run(const Denoiser& D, const std::vector<double>& sigmas, const torch::Tensor& x,
              Rng& rng, Observer* observer = nullptr) const;

 protected:
  virtual const char* name() const = 0;
  virtual torch::Tensor descend(const std::vector<double>& sigmas, torch::Tensor x,
                                Walk& walk) const = 0;
};

}  // namespace restore
