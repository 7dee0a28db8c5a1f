#include "priors/exact/gaussian.h"

#include "librestore/core/error.h"
#include "librestore/model/random.h"
#include "priors/exact/conditioning.h"

namespace restore {

Gaussian::Gaussian(const torch::Tensor& mean, CovariancePointer covariance)
    : mean_(mean.to(torch::kFloat64)), covariance_(std::move(covariance)) {
  if (mean_.dim() != 3 || mean_.numel() != covariance_->dimension())
    throw usage_error("gaussian: a mean of {} values does not fit a covariance of {}",
                      mean_.numel(), covariance_->dimension());
}

torch::Tensor Gaussian::gain(double sigma) const {
  const auto& lambda = covariance_->eigenvalues();
  return lambda / (lambda + sigma * sigma);
}

torch::Tensor Gaussian::apply(const torch::Tensor& x, const torch::Tensor& gain) const {
  return covariance_->apply(x.flatten(1), gain).view_as(x);
}

torch::Tensor Gaussian::denoise(const torch::Tensor& x, double sigma) const {
  check_shape(x, shape(), "gaussian");
  if (sigma == 0) return x;
  return (mean_ + apply(x.to(torch::kFloat64) - mean_, gain(sigma))).to(x.scalar_type());
}

Linearization Gaussian::linearize(const torch::Tensor& x, double sigma) const {
  return {denoise(x, sigma), [this, sigma](const torch::Tensor& v) {
            if (sigma == 0) return v;
            return apply(v.to(torch::kFloat64), gain(sigma)).to(v.scalar_type());
          }};
}

torch::Tensor Gaussian::log_density(const torch::Tensor& x, double sigma) const {
  check_shape(x, shape(), "gaussian");
  const auto z = covariance_->analyze((x.to(torch::kFloat64) - mean_).flatten(1));
  const auto at_zero = torch::zeros({1, z.size(1)}, torch::kFloat64);
  return log_normal(z, at_zero, covariance_->eigenvalues() + sigma * sigma).squeeze(1);
}

torch::Tensor Gaussian::draw(Rng& rng, std::int64_t n, torch::ScalarType type) const {
  const auto z = randn(rng, shape(), n, torch::kFloat64);
  return (mean_ + apply(z, covariance_->eigenvalues().sqrt())).to(type);
}

Gaussian posterior(const Gaussian& prior, const Measurement& measurement) {
  const Conditioning given_y(*prior.covariance(), measurement);
  const auto mean = given_y.posterior_means(prior.mean().reshape({1, -1}));
  return {mean.view_as(prior.mean()), given_y.posterior_covariance()};
}

double log_evidence(const Gaussian& prior, const Measurement& measurement) {
  const Conditioning given_y(*prior.covariance(), measurement);
  return given_y.log_evidence(prior.mean().reshape({1, -1})).item<double>();
}

}  // namespace restore
