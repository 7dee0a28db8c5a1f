// x0 ~ sum_k w_k N(m_k, C_k): a prior of many modes whose denoiser and posterior are known.
//
//   r_k(x)      = w_k N(x; m_k, C_k + sigma^2 I) / sum_j ...
//   D(x, sigma) = sum_k r_k (m_k + G_k (x - m_k)),  G_k = C_k (C_k + sigma^2 I)^-1
//   J(x)        = sum_k r_k G_k + sigma^2 sum_k r_k (s_k - s) (s_k - s)^T
// with s_k = -(C_k + sigma^2 I)^-1 (x - m_k) and s = sum_k r_k s_k, the score. Right at any sigma:
// the r_k come from logarithms. Computed in float64; the result has the type of x.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "librestore/core/rng.h"
#include "librestore/model/denoiser.h"
#include "librestore/model/measurement.h"
#include "priors/exact/covariance.h"

namespace restore {

class GaussianMixture : public MmseDenoiser {
 public:
  // weights: K, >= 0, any sum; means: K x C x H x W; one covariance for all components, or K.
  GaussianMixture(const torch::Tensor& weights, const torch::Tensor& means,
                  std::vector<CovariancePointer> covariances);
  // C_k = variance * I; 0 for points, which make a data set the prior.
  GaussianMixture(const torch::Tensor& weights, const torch::Tensor& means, double variance);

  torch::Tensor denoise(const torch::Tensor& x, double sigma) const override;
  Linearization linearize(const torch::Tensor& x, double sigma) const override;
  std::optional<int> receptive_field() const override { return {}; }
  std::string name() const override { return "gaussian mixture"; }

  // log r_k(x), normalised: N x K, float64. sigma > 0 where a covariance is singular.
  torch::Tensor log_responsibilities(const torch::Tensor& x, double sigma) const;
  // The log density of x0 + sigma n: N, float64.
  torch::Tensor log_density(const torch::Tensor& x, double sigma) const;
  // n independent draws, N x C x H x W; draw k is sample rng.sample() + k.
  torch::Tensor draw(Rng& rng, std::int64_t n, torch::ScalarType type = torch::kFloat64) const;

  const torch::Tensor& log_weights() const { return log_weights_; }  // K, normalised, float64
  const torch::Tensor& means() const { return means_; }              // K x C x H x W, float64
  // One, or one a component.
  const std::vector<CovariancePointer>& covariances() const { return covariances_; }
  Shape shape() const { return shape_of(means_); }

 private:
  // Components that share a covariance, in its eigenvectors.
  struct Cluster {
    CovariancePointer C;
    std::int64_t first;  // of its components
    torch::Tensor mu;    // components x d
  };
  struct Evaluation;  // of the mixture at x

  // f of N' x d, some items of x at a time, and the results one after the other.
  torch::Tensor by_rows(const torch::Tensor& x,
                        const std::function<torch::Tensor(const torch::Tensor&)>& f) const;
  Evaluation evaluate(const torch::Tensor& given, double sigma) const;  // N x d
  // The same without log_joint.
  Evaluation evaluate_weights(const torch::Tensor& given, double sigma) const;
  torch::Tensor mean_of(const Evaluation& at) const;
  torch::Tensor jacobian_product(const Evaluation& at, const torch::Tensor& v) const;

  torch::Tensor log_weights_, means_;
  std::vector<CovariancePointer> covariances_;
  std::vector<Cluster> clusters_;
  // Where all components have the covariance variance * I: sums over them then are products of
  // matrices.
  std::optional<double> variance_;
};

// x0 | y, again a mixture, in closed form; measurement as priors/exact/conditioning.h takes it.
GaussianMixture posterior(const GaussianMixture& prior, const Measurement& measurement);
// log p(y).
double log_evidence(const GaussianMixture& prior, const Measurement& measurement);

}  // namespace restore
