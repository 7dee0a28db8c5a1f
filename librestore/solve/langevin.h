// What the Langevin samplers share: the posterior they walk on and the moments they keep.
//
// Laumont, De Bortoli, Almansa, Delon, Durmus, Pereyra 2022, "Bayesian imaging using Plug & Play
//   priors: when Langevin meets Tweedie", https://arxiv.org/abs/2103.04715
//
//   grad log p(x | y) = -J(x)^T (A(x) - y) / sigma_y^2 + alpha (D(x, sigma) - x) / sigma^2
//                       + (P(x) - x) / lambda
// by Tweedie's formula for the prior blurred by sigma, the level of the options or the nearest in
// the prior's range; P is the projection on the box [-1, 2]^n, whose term keeps the chain from
// leaving for good.
#pragma once

#include <functional>

#include <torch/types.h>

#include "librestore/model/method.h"
#include "librestore/solve/plug_and_play.h"

namespace restore {

struct LangevinOptions {
  int iterations = 1000;  // burn-in included
  double burn_in = 0.2;   // the part of the iterations that leads to the chain's own ground
  double sigma = 0.02;    // noise level of the denoiser, [0,1]
  double alpha = 1;       // weight of the prior; 1: Bayes
  double step = 0.5;      // in units of the largest stable one
};

// Mean and variance of a sequence, one pass.
// Welford 1962, "Note on a method for calculating corrected sums of squares and products",
//   https://doi.org/10.1080/00401706.1962.10490022
class RunningMoments {
 public:
  void add(const torch::Tensor& x);
  std::int64_t count() const { return count_; }
  const torch::Tensor& mean() const { return mean_; }  // undefined before the first
  torch::Tensor variance() const;                      // unbiased; 0 for one

 private:
  std::int64_t count_ = 0;
  torch::Tensor mean_, squares_;
};

struct PosteriorMoments {
  torch::Tensor mean, variance;  // N x input_shape, per pixel
  Summary summary;
};

// A method whose chain tells mean and variance of the posterior; its estimate is the mean. Any
// operator.
class LangevinMethod : public Method {
 public:
  Result run(const Measurement& measurement, const Denoiser& prior, Rng& rng,
             Observer* observer = nullptr) const final;
  virtual PosteriorMoments moments(const Measurement& measurement, const Denoiser& prior, Rng& rng,
                                   Observer* observer = nullptr) const = 0;
};

class LangevinTarget {
 public:
  LangevinTarget(const Measurement& measurement, const PriorStep& D,
                 const LangevinOptions& options);

  double sigma() const { return sigma_; }
  torch::Tensor gradient(const torch::Tensor& x, PriorStep& D) const;
  // L = ||A||^2 / sigma_y^2 + alpha / sigma^2 + 1 / lambda, for a D with 0 <= J <= I.
  double lipschitz() const;

 private:
  const Operator& A_;
  torch::Tensor y_;
  double sigma_y_, sigma_, alpha_, lambda_;
};

// A step of the chain: x_{k+1} from x_k and z ~ N(0, I); delta is the step size.
using LangevinKernel =
    std::function<torch::Tensor(const LangevinTarget& target, PriorStep& D, double delta,
                                const torch::Tensor& x, const torch::Tensor& z)>;

// Runs a chain an item with step size options.step * `stability` / L: the running moments after the
// burn-in. Item n draws as sample rng.sample() + n. `name` is the method's.
PosteriorMoments sample_langevin(const char* name, const Measurement& measurement,
                                 const Denoiser& prior, const LangevinOptions& options,
                                 double stability, const LangevinKernel& kernel, const Rng& rng,
                                 Observer* observer);

}  // namespace restore
